# lib/store: mailboxes and messages.
# What the store is made of, from the top floor down; programs that link it
# need $(STORE_LIBS) after the floors below it.
STORE_ARCHIVES = lib/repair/librepair.a lib/store/libstore.a \
	lib/evidence/libevidence.a lib/directory/libdirectory.a \
	lib/segment/libsegment.a lib/commit/libcommit.a lib/kv/libkv.a \
	lib/login/liblogin.a
STORE_LIBS = $(DB_LIBS) $(UNISTRING_LIBS)
noinst_LIBRARIES += lib/store/libstore.a
lib_store_libstore_a_SOURCES = \
	lib/store/account_life.c lib/store/account_life.h \
	lib/store/background.c lib/store/background.h \
	lib/store/background_step.c lib/store/background_step.h \
	lib/store/body.c lib/store/body.h \
	lib/store/conversation.c lib/store/conversation.h \
	lib/store/flagpage.c lib/store/flagpage.h \
	lib/store/flagpage_read.c lib/store/flagpage_read.h \
	lib/store/incoming.c lib/store/incoming.h lib/store/incoming-private.h \
	lib/store/junk_flags.c lib/store/junk_flags.h \
	lib/store/junk_reset.c lib/store/junk_reset.h \
	lib/store/mailbox.c lib/store/mailbox.h lib/store/mailbox-private.h \
	lib/store/mailbox_make.c \
	lib/store/mailbox_key.c lib/store/mailbox_key.h \
	lib/store/mailbox_meaning.c lib/store/mailbox_meaning.h \
	lib/store/mailbox_op.c \
	lib/store/mailbox_reserve.c \
	lib/store/mailbox_row.c lib/store/mailbox_row.h \
	lib/store/message_add.c \
	lib/store/message_copy.c \
	lib/store/message_purge.c lib/store/message_purge.h \
	lib/store/message_remove.c \
	lib/store/message_row.c lib/store/message_row.h \
	lib/store/message_store.c \
	lib/store/page_row.h \
	lib/store/page_write.c lib/store/page_write.h \
	lib/store/quota.c lib/store/quota.h \
	lib/store/sent.c lib/store/sent.h \
	lib/store/store.c lib/store/store.h \
	lib/store/store_open.c lib/store/store_open.h \
	lib/store/stored_message.c lib/store/stored_message.h \
	lib/store/stored_message-private.h \
	lib/store/todo.c lib/store/todo.h \
	lib/store/token_purge.c lib/store/token_purge.h \
	lib/store/view.c lib/store/view.h lib/store/view-private.h \
	lib/store/view_sync.c lib/store/view_sync.h \
	lib/store/watch.c lib/store/watch.h lib/store/watch-private.h
