# lib/store: accounts, mailboxes and messages in one Berkeley DB environment.
# Programs that link it need $(STORE_LIBS) behind the floors below it.
STORE_LIBS = $(DB_LIBS) $(UNISTRING_LIBS)
noinst_LIBRARIES += lib/store/libstore.a
lib_store_libstore_a_SOURCES = \
	lib/store/account.c lib/store/account.h lib/store/account-private.h \
	lib/store/account_row.c lib/store/account_row.h \
	lib/store/address.c lib/store/address.h lib/store/address-private.h \
	lib/store/address_resolve.c \
	lib/store/address_row.c lib/store/address_row.h \
	lib/store/arrivals.c lib/store/arrivals.h \
	lib/store/batch.c lib/store/batch.h lib/store/batch-private.h \
	lib/store/body.c \
	lib/store/committer.c \
	lib/store/copyfile.c lib/store/copyfile.h \
	lib/store/credential.c \
	lib/store/dmarc_data.c lib/store/dmarc_data.h \
	lib/store/domain.c \
	lib/store/flagpage.c lib/store/flagpage.h \
	lib/store/incoming.c lib/store/incoming.h \
	lib/store/incoming-private.h \
	lib/store/key.c lib/store/key.h \
	lib/store/known.c lib/store/known.h \
	lib/store/kv.c lib/store/kv.h lib/store/kv-private.h \
	lib/store/kv_backup.c \
	lib/store/kv_keeper.c \
	lib/store/kv_pages.c lib/store/kv_pages.h \
	lib/store/kv_read.c \
	lib/store/kv_room.c lib/store/kv_room.h \
	lib/store/kv_stat.c \
	lib/store/kv_verify.c \
	lib/store/kv_write.c \
	lib/store/mailbox.c lib/store/mailbox.h lib/store/mailbox-private.h \
	lib/store/mailbox_make.c \
	lib/store/mailbox_name.c \
	lib/store/mailbox_op.c \
	lib/store/mailbox_reserve.c \
	lib/store/mailbox_row.c lib/store/mailbox_row.h \
	lib/store/message.c lib/store/message.h lib/store/message-private.h \
	lib/store/message_add.c \
	lib/store/message_copy.c \
	lib/store/message_purge.c lib/store/message_purge.h \
	lib/store/message_remove.c \
	lib/store/message_row.c lib/store/message_row.h \
	lib/store/message_store.c \
	lib/store/op.c lib/store/op.h \
	lib/store/opqueue.c lib/store/opqueue.h \
	lib/store/purge.c lib/store/purge.h \
	lib/store/segment.c lib/store/segment.h \
	lib/store/segment-private.h \
	lib/store/segment_backup.c \
	lib/store/segment_op.c \
	lib/store/segment_reclaim.c \
	lib/store/segment_row.c lib/store/segment_row.h \
	lib/store/segment_write.c \
	lib/store/space.c lib/store/space.h \
	lib/store/sent.c lib/store/sent.h \
	lib/store/store.c lib/store/store.h lib/store/store-private.h \
	lib/store/submission.c lib/store/submission.h \
	lib/store/submission_row.c lib/store/submission_row.h \
	lib/store/sys.c lib/store/sys.h \
	lib/store/row.c lib/store/row.h \
	lib/store/salvage.c lib/store/salvage.h \
	lib/store/salvage-private.h \
	lib/store/salvage_body.c \
	lib/store/salvage_mailbox.c \
	lib/store/salvage_maildir.c \
	lib/store/thread.c lib/store/thread.h \
	lib/store/todo.c lib/store/todo.h \
	lib/store/uidset.c lib/store/uidset.h \
	lib/store/verify.c lib/store/verify-private.h \
	lib/store/verify_account.c \
	lib/store/verify_dmarc.c \
	lib/store/verify_body.c \
	lib/store/verify_mailbox.c \
	lib/store/verify_segment.c \
	lib/store/verify_sent.c \
	lib/store/view.c lib/store/view.h lib/store/view-private.h \
	lib/store/view_sync.c \
	lib/store/watch.c lib/store/watch.h lib/store/watch-private.h
