# lib/commit: batches of operations, one committer.
noinst_LIBRARIES += lib/commit/libcommit.a
lib_commit_libcommit_a_SOURCES = \
	lib/commit/batch.c lib/commit/batch.h lib/commit/batch-private.h \
	lib/commit/committer.c lib/commit/committer.h \
	lib/commit/database.c lib/commit/database.h \
	lib/commit/disk_space.c lib/commit/disk_space.h \
	lib/commit/op.h \
	lib/commit/opqueue.c lib/commit/opqueue.h
