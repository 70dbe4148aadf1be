# lib/store: accounts, mailboxes and messages in one Berkeley DB environment.
# Programs that link it need $(STORE_LIBS) behind the floors below it.
STORE_LIBS = $(DB_LIBS)
noinst_LIBRARIES += lib/store/libstore.a
lib_store_libstore_a_SOURCES = \
	lib/store/batch.c lib/store/batch.h lib/store/batch-private.h \
	lib/store/committer.c \
	lib/store/flagpage.c lib/store/flagpage.h \
	lib/store/key.c lib/store/key.h \
	lib/store/kv.c lib/store/kv.h lib/store/kv-private.h \
	lib/store/kv_backup.c \
	lib/store/kv_keeper.c \
	lib/store/kv_read.c \
	lib/store/kv_stat.c \
	lib/store/kv_write.c \
	lib/store/opqueue.c lib/store/opqueue.h \
	lib/store/sys.c lib/store/sys.h
