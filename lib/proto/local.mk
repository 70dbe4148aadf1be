# lib/proto: protocols as bytes; no sockets, files or clock.
noinst_LIBRARIES += lib/proto/libproto.a
lib_proto_libproto_a_SOURCES = \
	lib/proto/imap_append.c \
	lib/proto/imap_args.c lib/proto/imap_args.h \
	lib/proto/imap_collect.c lib/proto/imap_collect.h \
	lib/proto/imap_date.c lib/proto/imap_private.h \
	lib/proto/imap_fetch.c lib/proto/imap_fetch.h \
	lib/proto/imap_flag.c lib/proto/imap_flag.h \
	lib/proto/imap_list.c \
	lib/proto/imap_parse.c lib/proto/imap_parse.h \
	lib/proto/imap_search.c lib/proto/imap_search.h \
	lib/proto/imap_seqset.c lib/proto/imap_seqset.h \
	lib/proto/imap_structure.c lib/proto/imap_structure.h \
	lib/proto/imap_utf7.c lib/proto/imap_utf7.h \
	lib/proto/imap_write.c lib/proto/imap_write.h \
	lib/proto/parsed.c lib/proto/parsed.h \
	lib/proto/parsed_encode.c lib/proto/parsed_private.h \
	lib/proto/store_ops.c lib/proto/store_ops.h \
	lib/proto/store_proto.c lib/proto/store_proto.h
