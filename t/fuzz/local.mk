# t/fuzz: libFuzzer targets.  Without --enable-fuzzing each is linked with a
# main() that replays its corpus, which is a test.
if FUZZING
fuzzing_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_main =
else
fuzzing_ldflags = $(AM_LDFLAGS)
fuzz_main = t/fuzz/replay.c
endif

fuzz_targets =

# One block per target:
# fuzz_targets += t/fuzz/fuzz_x
# t_fuzz_fuzz_x_SOURCES = t/fuzz/fuzz_x.c $(fuzz_main)
# t_fuzz_fuzz_x_LDFLAGS = $(fuzzing_ldflags)
# t_fuzz_fuzz_x_LDADD = lib/mail/libmail.a $(BASE_ARCHIVES) $(POSTERN_LIBS)

fuzz_targets += t/fuzz/fuzz_origin
t_fuzz_fuzz_origin_SOURCES = t/fuzz/fuzz_origin.c $(fuzz_main)
t_fuzz_fuzz_origin_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_origin_LDADD = lib/auth/libauth.a $(BASE_ARCHIVES) \
	$(AUTH_LIBS) $(POSTERN_LIBS)
EXTRA_DIST += t/fuzz/corpus/origin

dkim_fuzz_sources = t/fuzz/dkim_input.c t/fuzz/dkim_input.h \
	t/unit/dkim_lab.c t/unit/dkim_lab.h $(fuzz_main)
dkim_fuzz_libs = lib/auth/libauth.a lib/net/libnet.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(AUTH_LIBS) $(VERIFY_LIBS) $(NET_LIBS) \
	$(MAIL_LIBS) $(POSTERN_LIBS)
fuzz_targets += t/fuzz/fuzz_dkim
t_fuzz_fuzz_dkim_SOURCES = t/fuzz/fuzz_dkim.c $(dkim_fuzz_sources)
t_fuzz_fuzz_dkim_CPPFLAGS = $(AM_CPPFLAGS) $(OPENDKIM_CFLAGS)
t_fuzz_fuzz_dkim_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_dkim_LDADD = $(dkim_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/dkim

fuzz_targets += t/fuzz/fuzz_dkim_sign
t_fuzz_fuzz_dkim_sign_SOURCES = t/fuzz/fuzz_dkim_sign.c $(dkim_fuzz_sources)
t_fuzz_fuzz_dkim_sign_CPPFLAGS = $(AM_CPPFLAGS) $(OPENDKIM_CFLAGS)
t_fuzz_fuzz_dkim_sign_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_dkim_sign_LDADD = $(dkim_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/dkim_sign

fuzz_targets += t/fuzz/fuzz_arc
t_fuzz_fuzz_arc_SOURCES = t/fuzz/fuzz_arc.c $(dkim_fuzz_sources)
t_fuzz_fuzz_arc_CPPFLAGS = $(AM_CPPFLAGS) $(OPENDKIM_CFLAGS)
t_fuzz_fuzz_arc_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_arc_LDADD = $(dkim_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/arc

fuzz_targets += t/fuzz/fuzz_conf
t_fuzz_fuzz_conf_SOURCES = t/fuzz/fuzz_conf.c $(fuzz_main)
t_fuzz_fuzz_conf_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_conf_LDADD = $(BASE_ARCHIVES) $(POSTERN_LIBS)
EXTRA_DIST += t/fuzz/corpus/conf

fuzz_targets += t/fuzz/fuzz_message
t_fuzz_fuzz_message_SOURCES = t/fuzz/fuzz_message.c $(fuzz_main)
t_fuzz_fuzz_message_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_message_LDADD = lib/proto/libproto.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MAIL_LIBS) $(POSTERN_LIBS)
EXTRA_DIST += t/fuzz/corpus/message

proto_fuzz_libs = lib/proto/libproto.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MAIL_LIBS) $(POSTERN_LIBS)
fuzz_targets += t/fuzz/fuzz_imap
t_fuzz_fuzz_imap_SOURCES = t/fuzz/fuzz_imap.c $(fuzz_main)
t_fuzz_fuzz_imap_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_imap_LDADD = $(proto_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/imap

fuzz_targets += t/fuzz/fuzz_lmtp
t_fuzz_fuzz_lmtp_SOURCES = t/fuzz/fuzz_lmtp.c $(fuzz_main)
t_fuzz_fuzz_lmtp_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_lmtp_LDADD = $(proto_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/lmtp

fuzz_targets += t/fuzz/fuzz_socketmap
t_fuzz_fuzz_socketmap_SOURCES = t/fuzz/fuzz_socketmap.c $(fuzz_main)
t_fuzz_fuzz_socketmap_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_socketmap_LDADD = $(proto_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/socketmap

fuzz_targets += t/fuzz/fuzz_auth
t_fuzz_fuzz_auth_SOURCES = t/fuzz/fuzz_auth.c $(fuzz_main)
t_fuzz_fuzz_auth_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_auth_LDADD = $(proto_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/auth

fuzz_targets += t/fuzz/fuzz_request
t_fuzz_fuzz_request_SOURCES = t/fuzz/fuzz_request.c $(fuzz_main)
t_fuzz_fuzz_request_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_request_LDADD = $(proto_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/request

fuzz_targets += t/fuzz/fuzz_judge
t_fuzz_fuzz_judge_SOURCES = t/fuzz/fuzz_judge.c $(fuzz_main)
t_fuzz_fuzz_judge_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_judge_LDADD = $(proto_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/judge

fuzz_targets += t/fuzz/fuzz_lmtp_filter
t_fuzz_fuzz_lmtp_filter_SOURCES = t/fuzz/fuzz_lmtp_filter.c $(fuzz_main)
t_fuzz_fuzz_lmtp_filter_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_lmtp_filter_LDADD = imapd/libimapd.a $(IMAPD_LDADD)
EXTRA_DIST += t/fuzz/corpus/lmtp_filter

fuzz_targets += t/fuzz/fuzz_smtp_client
t_fuzz_fuzz_smtp_client_SOURCES = t/fuzz/fuzz_smtp_client.c $(fuzz_main)
t_fuzz_fuzz_smtp_client_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_smtp_client_LDADD = lib/smtp/libsmtp.a lib/net/libnet.a \
	lib/proto/libproto.a $(BASE_ARCHIVES) $(NET_LIBS) $(POSTERN_LIBS)
EXTRA_DIST += t/fuzz/corpus/smtp_client

spf_fuzz_libs = lib/auth/libauth.a lib/net/libnet.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(VERIFY_LIBS) $(AUTH_LIBS) $(MAIL_LIBS) \
	$(NET_LIBS) $(POSTERN_LIBS)
fuzz_targets += t/fuzz/fuzz_spf
t_fuzz_fuzz_spf_SOURCES = t/fuzz/fuzz_spf.c $(fuzz_main)
t_fuzz_fuzz_spf_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_spf_LDADD = $(spf_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/spf

fuzz_targets += t/fuzz/fuzz_dns
t_fuzz_fuzz_dns_SOURCES = t/fuzz/fuzz_dns.c $(fuzz_main)
t_fuzz_fuzz_dns_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_dns_LDADD = $(spf_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/dns

fuzz_targets += t/fuzz/fuzz_dns_data
t_fuzz_fuzz_dns_data_SOURCES = t/fuzz/fuzz_dns_data.c $(fuzz_main)
t_fuzz_fuzz_dns_data_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_dns_data_LDADD = $(spf_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/dns_data

policy_fuzz_libs = lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(VERIFY_LIBS) $(AUTH_LIBS) $(MAIL_LIBS) $(NET_LIBS) $(POSTERN_LIBS)
fuzz_targets += t/fuzz/fuzz_dmarc
t_fuzz_fuzz_dmarc_SOURCES = t/fuzz/fuzz_dmarc.c $(fuzz_main)
t_fuzz_fuzz_dmarc_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_dmarc_LDADD = $(policy_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/dmarc

fuzz_targets += t/fuzz/fuzz_authres
t_fuzz_fuzz_authres_SOURCES = t/fuzz/fuzz_authres.c $(fuzz_main)
t_fuzz_fuzz_authres_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_authres_LDADD = $(policy_fuzz_libs)
EXTRA_DIST += t/fuzz/corpus/authres
fuzz_targets += t/fuzz/fuzz_milter
t_fuzz_fuzz_milter_SOURCES = t/fuzz/fuzz_milter.c $(fuzz_main)
t_fuzz_fuzz_milter_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_milter_LDADD = $(MILTER_LDADD)
EXTRA_DIST += t/fuzz/corpus/milter

fuzz_targets += t/fuzz/fuzz_junk
t_fuzz_fuzz_junk_SOURCES = t/fuzz/fuzz_junk.c $(fuzz_main)
t_fuzz_fuzz_junk_LDFLAGS = $(fuzzing_ldflags)
t_fuzz_fuzz_junk_LDADD = junk/libjunk.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MAIL_LIBS) $(JUNK_LIBS) $(POSTERN_LIBS)
EXTRA_DIST += t/fuzz/corpus/junk

check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
EXTRA_DIST += t/fuzz/replay.c
