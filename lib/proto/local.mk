# lib/proto: protocols as bytes; no sockets, files or clock.
noinst_LIBRARIES += lib/proto/libproto.a
lib_proto_libproto_a_SOURCES = \
	lib/proto/dmarc_row.c lib/proto/dmarc_row.h \
	lib/proto/dot.c lib/proto/dot.h \
	lib/proto/dovecot_auth.c lib/proto/dovecot_auth.h \
	lib/proto/imap_parse_append.c \
	lib/proto/imap_args.c lib/proto/imap_args.h \
	lib/proto/imap_collect.c lib/proto/imap_collect.h \
	lib/proto/imap_parse_fetch.c lib/proto/imap_parse_fetch.h \
	lib/proto/imap_flag.c lib/proto/imap_flag.h \
	lib/proto/imap_parse_list.c lib/proto/imap_parse-private.h \
	lib/proto/imap_parse.c lib/proto/imap_parse.h \
	lib/proto/imap_parse_search.c lib/proto/imap_parse_search.h \
	lib/proto/imap_sequence_set.c lib/proto/imap_sequence_set.h \
	lib/proto/imap_structure.c lib/proto/imap_structure.h \
	lib/proto/imap_utf7.c lib/proto/imap_utf7.h \
	lib/proto/imap_write.c lib/proto/imap_write.h \
	lib/proto/judge.c lib/proto/judge.h \
	lib/proto/line.c lib/proto/line.h \
	lib/proto/parsed.c lib/proto/parsed.h \
	lib/proto/parsed_encode.c lib/proto/parsed-private.h \
	lib/proto/smtp_command.c lib/proto/smtp_command.h \
	lib/proto/smtp_params.c lib/proto/smtp_command-private.h \
	lib/proto/smtp_reply.c lib/proto/smtp_reply.h \
	lib/proto/socketmap.c lib/proto/socketmap.h \
	lib/proto/request_json.c lib/proto/request_json.h \
	lib/proto/request_table.c lib/proto/request_table.h \
	lib/proto/request.c lib/proto/request.h
lib_proto_libproto_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
