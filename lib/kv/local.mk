# lib/kv: tables over Berkeley DB.
noinst_LIBRARIES += lib/kv/libkv.a
lib_kv_libkv_a_SOURCES = \
	lib/kv/copyfile.c lib/kv/copyfile.h \
	lib/kv/disk.c lib/kv/disk.h \
	lib/kv/disk_hooks.c lib/kv/disk_hooks.h \
	lib/kv/key.c lib/kv/key.h \
	lib/kv/kv.c lib/kv/kv.h lib/kv/kv-private.h \
	lib/kv/kv_backup.c \
	lib/kv/kv_keeper.c \
	lib/kv/kv_pages.c lib/kv/kv_pages.h \
	lib/kv/kv_read.c \
	lib/kv/kv_stat.c \
	lib/kv/kv_verify.c \
	lib/kv/kv_write.c \
	lib/kv/log_prealloc.c lib/kv/log_prealloc.h \
	lib/kv/row.c lib/kv/row.h
