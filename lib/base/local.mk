# lib/base: what everything stands on.
noinst_LIBRARIES += lib/base/libbase.a
lib_base_libbase_a_SOURCES = \
	lib/base/arena.c lib/base/arena.h \
	lib/base/banned.h \
	lib/base/buf.c lib/base/buf.h \
	lib/base/daemon.c lib/base/daemon.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/conf.c lib/base/conf.h \
	lib/base/encode.c lib/base/encode.h \
	lib/base/err.c lib/base/err.h \
	lib/base/file.c lib/base/file.h \
	lib/base/log.c lib/base/log.h \
	lib/base/log-format.c lib/base/log-private.h \
	lib/base/random.c lib/base/random.h \
	lib/base/settings.c lib/base/settings.h lib/base/settings-private.h \
	lib/base/settings-print.c \
	lib/base/settings-table.c \
	lib/base/settings-value.c \
	lib/base/spool.c lib/base/spool.h \
	lib/base/units.c lib/base/units.h
