# lib/base: what everything stands on.
BASE_ARCHIVES = lib/config/libconfig.a lib/base/libbase.a
noinst_LIBRARIES += lib/base/libbase.a
lib_base_libbase_a_SOURCES = \
	lib/base/arena.c lib/base/arena.h \
	lib/base/banned.h \
	lib/base/buf.c lib/base/buf.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/condition.c lib/base/condition.h \
	lib/base/encode.c lib/base/encode.h \
	lib/base/err.c lib/base/err.h \
	lib/base/expression.c lib/base/expression.h \
	lib/base/file.c lib/base/file.h \
	lib/base/log.c lib/base/log.h \
	lib/base/log_format.c lib/base/log-private.h \
	lib/base/number_set.c lib/base/number_set.h \
	lib/base/random.c lib/base/random.h \
	lib/base/spool.c lib/base/spool.h \
	lib/base/thread.c lib/base/thread.h
