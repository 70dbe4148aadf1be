# lib/base: what everything stands on.
noinst_LIBRARIES += lib/base/libbase.a
lib_base_libbase_a_SOURCES = \
	lib/base/arena.c lib/base/arena.h \
	lib/base/banned.h \
	lib/base/buf.c lib/base/buf.h \
	lib/base/encode.c lib/base/encode.h \
	lib/base/err.c lib/base/err.h
