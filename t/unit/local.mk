# t/unit: cmocka programs, each named after the module that it tests, or
# after the module and an aspect of it.
if HAVE_CMOCKA
UNIT_LDADD = $(CMOCKA_LIBS) $(POSTERN_LIBS)

unit_tests = t/unit/test_buf
t_unit_test_buf_SOURCES = t/unit/test_buf.c
t_unit_test_buf_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)

unit_tests += t/unit/test_number_set
t_unit_test_number_set_SOURCES = t/unit/test_number_set.c
t_unit_test_number_set_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)

unit_tests += t/unit/test_origin t/unit/test_password t/unit/test_sasl
t_unit_test_origin_SOURCES = t/unit/test_origin.c
t_unit_test_origin_LDADD = lib/auth/libauth.a $(BASE_ARCHIVES) \
	$(AUTH_LIBS) $(UNIT_LDADD)
t_unit_test_password_SOURCES = t/unit/test_password.c
t_unit_test_password_LDADD = lib/login/liblogin.a lib/net/libnet.a \
	$(BASE_ARCHIVES) $(LOGIN_LIBS) $(NET_LIBS) $(UNIT_LDADD)
t_unit_test_sasl_SOURCES = t/unit/test_sasl.c
t_unit_test_sasl_LDADD = $(t_unit_test_password_LDADD)
unit_tests += t/unit/test_dkim_verify
DKIM_LAB = t/unit/dkim_lab.c t/unit/dkim_lab.h
DKIM_TEST_LDADD = lib/auth/libauth.a lib/net/libnet.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(AUTH_LIBS) $(VERIFY_LIBS) $(NET_LIBS) \
	$(MAIL_LIBS) $(UNIT_LDADD)
DKIM_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(OPENDKIM_CFLAGS)
t_unit_test_dkim_verify_SOURCES = t/unit/test_dkim_verify.c $(DKIM_LAB) $(WORK)
t_unit_test_dkim_verify_CPPFLAGS = $(DKIM_TEST_CPPFLAGS) -I$(top_srcdir)/t
t_unit_test_dkim_verify_LDADD = t/unit/libwork.a $(DKIM_TEST_LDADD)
unit_tests += t/unit/test_arc
t_unit_test_arc_SOURCES = t/unit/test_arc.c $(DKIM_LAB) $(WORK)
t_unit_test_arc_CPPFLAGS = $(DKIM_TEST_CPPFLAGS) -I$(top_srcdir)/t
t_unit_test_arc_LDADD = t/unit/libwork.a $(DKIM_TEST_LDADD)
unit_tests += t/unit/test_dkim_keys
t_unit_test_dkim_keys_SOURCES = t/unit/test_dkim_keys.c $(DKIM_LAB)
t_unit_test_dkim_keys_CPPFLAGS = $(DKIM_TEST_CPPFLAGS)
t_unit_test_dkim_keys_LDADD = $(DKIM_TEST_LDADD)

unit_tests += t/unit/test_kv t/unit/test_flagpage t/unit/test_committer
t_unit_test_kv_SOURCES = t/unit/test_kv.c
t_unit_test_kv_LDADD = $(STORE_ARCHIVES) $(BASE_ARCHIVES) \
	$(STORE_LIBS) $(UNIT_LDADD)
t_unit_test_flagpage_SOURCES = t/unit/test_flagpage.c
t_unit_test_flagpage_LDADD = $(t_unit_test_kv_LDADD)
t_unit_test_committer_SOURCES = t/unit/test_committer.c
t_unit_test_committer_LDADD = $(t_unit_test_kv_LDADD)

unit_tests += t/unit/test_expression
t_unit_test_expression_SOURCES = t/unit/test_expression.c
t_unit_test_expression_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)

unit_tests += t/unit/test_conf t/unit/test_file t/unit/test_log \
	t/unit/test_settings t/unit/test_units
t_unit_test_conf_SOURCES = t/unit/test_conf.c
t_unit_test_conf_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)
t_unit_test_file_SOURCES = t/unit/test_file.c
t_unit_test_file_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)
t_unit_test_log_SOURCES = t/unit/test_log.c
t_unit_test_log_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)
t_unit_test_settings_SOURCES = t/unit/test_settings.c
t_unit_test_settings_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)
t_unit_test_units_SOURCES = t/unit/test_units.c
t_unit_test_units_LDADD = $(BASE_ARCHIVES) $(UNIT_LDADD)

unit_tests += t/unit/test_addr t/unit/test_dial t/unit/test_jobpool \
	t/unit/test_listen t/unit/test_server t/unit/test_server_storm \
	t/unit/test_server_tls
t_unit_test_addr_SOURCES = t/unit/test_addr.c
t_unit_test_addr_LDADD = $(t_unit_test_server_LDADD)
t_unit_test_dial_SOURCES = t/unit/test_dial.c
t_unit_test_dial_LDADD = $(t_unit_test_server_LDADD)
t_unit_test_jobpool_SOURCES = t/unit/test_jobpool.c
t_unit_test_jobpool_LDADD = $(t_unit_test_server_LDADD)
t_unit_test_listen_SOURCES = t/unit/test_listen.c
t_unit_test_listen_LDADD = $(t_unit_test_server_LDADD)
t_unit_test_server_SOURCES = t/unit/test_server.c \
	t/unit/line_service.c t/unit/line_service.h
t_unit_test_server_LDADD = lib/net/libnet.a $(BASE_ARCHIVES) $(NET_LIBS) \
	$(UNIT_LDADD)
t_unit_test_server_storm_SOURCES = t/unit/test_server_storm.c \
	t/unit/line_service.c t/unit/line_service.h
t_unit_test_server_storm_LDADD = $(t_unit_test_server_LDADD)
t_unit_test_server_tls_SOURCES = t/unit/test_server_tls.c \
	t/unit/line_service.c t/unit/line_service.h
t_unit_test_server_tls_LDADD = $(t_unit_test_server_LDADD)

unit_tests += t/unit/test_smtp_client
t_unit_test_smtp_client_SOURCES = t/unit/test_smtp_client.c \
	t/unit/line_service.c t/unit/line_service.h \
	t/unit/smtp_script.c t/unit/smtp_script.h
t_unit_test_smtp_client_LDADD = lib/smtp/libsmtp.a lib/net/libnet.a \
	lib/proto/libproto.a $(BASE_ARCHIVES) $(NET_LIBS) $(UNIT_LDADD)

unit_tests += t/unit/test_config t/unit/test_content \
	t/unit/test_imapd_client t/unit/test_limits t/unit/test_received \
	t/unit/test_slow t/unit/test_special
MILTER_TEST_LDADD = $(MILTER_LDADD) $(CMOCKA_LIBS)
t_unit_test_config_SOURCES = t/unit/test_config.c
t_unit_test_config_LDADD = $(MILTER_TEST_LDADD)
t_unit_test_content_SOURCES = t/unit/test_content.c
t_unit_test_content_LDADD = $(MILTER_TEST_LDADD)
t_unit_test_imapd_client_SOURCES = t/unit/test_imapd_client.c
t_unit_test_imapd_client_LDADD = $(MILTER_TEST_LDADD)
t_unit_test_limits_SOURCES = t/unit/test_limits.c
t_unit_test_limits_LDADD = $(MILTER_TEST_LDADD)
t_unit_test_received_SOURCES = t/unit/test_received.c
t_unit_test_received_LDADD = $(MILTER_TEST_LDADD)
t_unit_test_slow_SOURCES = t/unit/test_slow.c
t_unit_test_slow_LDADD = $(MILTER_TEST_LDADD)
t_unit_test_special_SOURCES = t/unit/test_special.c
t_unit_test_special_LDADD = $(MILTER_TEST_LDADD)

unit_tests += t/unit/test_window
t_unit_test_window_SOURCES = t/unit/test_window.c
t_unit_test_window_LDADD = $(t_unit_test_server_LDADD)

mail_tests = t/unit/test_message t/unit/test_header t/unit/test_address \
	t/unit/test_charset t/unit/test_date t/unit/test_decode \
	t/unit/test_fold t/unit/test_parsed
# The parsers again, compiled so that their work can be counted: see work.h.
check_LIBRARIES += t/unit/libwork.a
t_unit_libwork_a_SOURCES = $(lib_mail_libmail_a_SOURCES) \
	lib/auth/arc.c lib/auth/canon.c lib/auth/dkim_record.c \
	lib/auth/dkim_sig.c lib/auth/dkim_verify.c lib/auth/fieldlist.c \
	lib/auth/spf_macro.c lib/auth/taglist.c \
	lib/base/arena.c lib/base/buf.c t/unit/work_libc.h
t_unit_libwork_a_CPPFLAGS = $(lib_auth_libauth_a_CPPFLAGS) \
	-I$(top_srcdir)/t \
	-include $(top_srcdir)/t/unit/work_libc.h
t_unit_libwork_a_CFLAGS = $(AM_CFLAGS) -fsanitize-coverage=trace-pc
WORK = t/unit/work.c t/unit/work.h

t_unit_test_message_SOURCES = t/unit/test_message.c $(WORK)
t_unit_test_message_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_unit_test_message_LDADD = t/unit/libwork.a $(MAIL_TEST_LDADD)
MAIL_TEST_LDADD = lib/proto/libproto.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MAIL_LIBS) $(UNIT_LDADD)
t_unit_test_header_SOURCES = t/unit/test_header.c $(WORK)
t_unit_test_header_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_unit_test_header_LDADD = t/unit/libwork.a $(MAIL_TEST_LDADD)
t_unit_test_address_SOURCES = t/unit/test_address.c
t_unit_test_address_LDADD = $(MAIL_TEST_LDADD)
t_unit_test_date_SOURCES = t/unit/test_date.c
t_unit_test_date_LDADD = $(MAIL_TEST_LDADD)
t_unit_test_charset_SOURCES = t/unit/test_charset.c
t_unit_test_charset_LDADD = $(MAIL_TEST_LDADD)
t_unit_test_decode_SOURCES = t/unit/test_decode.c
t_unit_test_decode_LDADD = $(MAIL_TEST_LDADD)
t_unit_test_fold_SOURCES = t/unit/test_fold.c
t_unit_test_fold_LDADD = $(MAIL_TEST_LDADD)
t_unit_test_parsed_SOURCES = t/unit/test_parsed.c
t_unit_test_parsed_LDADD = $(MAIL_TEST_LDADD)
if HAVE_GMIME
mail_tests += t/unit/test_message_gmime
t_unit_test_message_gmime_SOURCES = t/unit/test_message_gmime.c
t_unit_test_message_gmime_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS)
t_unit_test_message_gmime_LDADD = $(MAIL_TEST_LDADD) $(GMIME_LIBS)
endif
unit_tests += $(mail_tests)

proto_tests = t/unit/test_imap_collect t/unit/test_imap_parse \
	t/unit/test_imap_args t/unit/test_dot t/unit/test_dovecot_auth \
	t/unit/test_judge t/unit/test_line t/unit/test_request \
	t/unit/test_request_json t/unit/test_smtp_command \
	t/unit/test_smtp_reply t/unit/test_socketmap
PROTO_TEST_LDADD = lib/proto/libproto.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MAIL_LIBS) $(UNIT_LDADD)
t_unit_test_imap_collect_SOURCES = t/unit/test_imap_collect.c
t_unit_test_imap_collect_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_imap_parse_SOURCES = t/unit/test_imap_parse.c
t_unit_test_imap_parse_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_imap_args_SOURCES = t/unit/test_imap_args.c
t_unit_test_imap_args_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_dot_SOURCES = t/unit/test_dot.c
t_unit_test_dot_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_dovecot_auth_SOURCES = t/unit/test_dovecot_auth.c
t_unit_test_dovecot_auth_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_line_SOURCES = t/unit/test_line.c
t_unit_test_line_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_smtp_command_SOURCES = t/unit/test_smtp_command.c
t_unit_test_smtp_command_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_smtp_reply_SOURCES = t/unit/test_smtp_reply.c
t_unit_test_smtp_reply_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_socketmap_SOURCES = t/unit/test_socketmap.c
t_unit_test_socketmap_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_request_json_SOURCES = t/unit/test_request_json.c
t_unit_test_request_json_LDADD = $(PROTO_TEST_LDADD) $(JANSSON_LIBS)
t_unit_test_request_SOURCES = t/unit/test_request.c
t_unit_test_request_LDADD = $(PROTO_TEST_LDADD)
t_unit_test_judge_SOURCES = t/unit/test_judge.c
t_unit_test_judge_LDADD = $(PROTO_TEST_LDADD)
unit_tests += $(proto_tests)

store_tests = t/unit/test_account t/unit/test_credential
store_tests += t/unit/test_stored_message_bulk t/unit/test_mailbox
store_tests += t/unit/test_stored_message
store_tests += t/unit/test_address_map
store_tests += t/unit/test_arrivals t/unit/test_sent t/unit/test_submission
store_tests += t/unit/test_page_write t/unit/test_background t/unit/test_thread
store_tests += t/unit/test_junk_meaning t/unit/test_junk_flags
store_tests += t/unit/test_store_crash
store_tests += t/unit/test_store_powercut
store_tests += t/unit/test_row_formats
store_tests += t/unit/test_segment
store_tests += t/unit/test_segment_reclaim
store_tests += t/unit/test_segment_storm
store_tests += t/unit/test_salvage
store_tests += t/unit/test_store_model
store_tests += t/unit/test_integrity
store_tests += t/unit/test_view
store_tests += t/unit/test_dmarc_data
STORE_TEST_LDADD = $(STORE_ARCHIVES) lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(STORE_LIBS) $(MAIL_LIBS) \
	$(UNIT_LDADD)
t_unit_test_account_SOURCES = t/unit/test_account.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_account_LDADD = $(STORE_TEST_LDADD)
t_unit_test_credential_SOURCES = t/unit/test_credential.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_credential_LDADD = $(STORE_TEST_LDADD) $(OPENSSL_LIBS)
t_unit_test_stored_message_bulk_SOURCES = t/unit/test_stored_message_bulk.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_stored_message_bulk_LDADD = $(STORE_TEST_LDADD)
t_unit_test_mailbox_SOURCES = t/unit/test_mailbox.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_mailbox_LDADD = $(STORE_TEST_LDADD)
t_unit_test_stored_message_SOURCES = t/unit/test_stored_message.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_stored_message_LDADD = $(STORE_TEST_LDADD)
t_unit_test_arrivals_SOURCES = t/unit/test_arrivals.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_arrivals_LDADD = $(STORE_TEST_LDADD)
t_unit_test_thread_SOURCES = t/unit/test_thread.c \
	t/unit/line_service.c t/unit/line_service.h \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_thread_LDFLAGS = -Wl,--wrap=clock_gettime
t_unit_test_thread_LDADD = $(STORE_TEST_LDADD) $(NET_LIBS)
t_unit_test_page_write_SOURCES = t/unit/test_page_write.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_page_write_LDADD = $(STORE_TEST_LDADD)
t_unit_test_junk_meaning_SOURCES = t/unit/test_junk_meaning.c
t_unit_test_junk_meaning_LDADD = $(STORE_TEST_LDADD)
t_unit_test_junk_flags_SOURCES = t/unit/test_junk_flags.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_junk_flags_LDADD = $(STORE_TEST_LDADD)
t_unit_test_background_SOURCES = t/unit/test_background.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_background_LDADD = $(STORE_TEST_LDADD)
t_unit_test_sent_SOURCES = t/unit/test_sent.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_sent_LDADD = $(STORE_TEST_LDADD)
t_unit_test_submission_SOURCES = t/unit/test_submission.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_submission_LDADD = $(STORE_TEST_LDADD)
t_unit_test_integrity_SOURCES = t/unit/test_integrity.c \
	t/unit/store_sample.c t/unit/store_sample.h
t_unit_test_integrity_LDADD = $(STORE_TEST_LDADD) $(OPENSSL_LIBS)
t_unit_test_salvage_SOURCES = t/unit/test_salvage.c \
	t/unit/store_sample.c t/unit/store_sample.h
t_unit_test_salvage_LDADD = $(STORE_TEST_LDADD)
t_unit_test_address_map_SOURCES = t/unit/test_address_map.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_address_map_LDADD = $(STORE_TEST_LDADD)
t_unit_test_row_formats_SOURCES = t/unit/test_row_formats.c
t_unit_test_row_formats_LDADD = $(STORE_TEST_LDADD)
t_unit_test_store_model_SOURCES = t/unit/test_store_model.c \
	t/unit/store_fixture.c t/unit/store_fixture.h \
	t/unit/store_model.c t/unit/store_model.h
t_unit_test_store_model_LDADD = $(STORE_TEST_LDADD)
t_unit_test_segment_SOURCES = t/unit/test_segment.c \
	t/unit/segment_fixture.c t/unit/segment_fixture.h \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_segment_LDADD = $(STORE_TEST_LDADD)
t_unit_test_segment_reclaim_SOURCES = t/unit/test_segment_reclaim.c \
	t/unit/segment_fixture.c t/unit/segment_fixture.h \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_segment_reclaim_LDADD = $(STORE_TEST_LDADD)
t_unit_test_segment_storm_SOURCES = t/unit/test_segment_storm.c \
	t/unit/segment_fixture.c t/unit/segment_fixture.h \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_segment_storm_LDADD = $(STORE_TEST_LDADD)
t_unit_test_view_SOURCES = t/unit/test_view.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_view_LDADD = $(STORE_TEST_LDADD)
t_unit_test_dmarc_data_SOURCES = t/unit/test_dmarc_data.c \
	t/unit/store_fixture.c t/unit/store_fixture.h
t_unit_test_dmarc_data_LDADD = $(STORE_TEST_LDADD)
t_unit_test_store_crash_SOURCES = t/unit/test_store_crash.c \
	t/unit/store_fate.c t/unit/store_fate.h \
	t/unit/store_sample.c t/unit/store_sample.h
t_unit_test_store_crash_LDADD = $(STORE_TEST_LDADD)
t_unit_test_store_powercut_SOURCES = t/unit/test_store_powercut.c \
	t/unit/power_disk.c t/unit/power_disk.h \
	t/unit/power_record.c t/unit/power_record.h \
	t/unit/store_fate.c t/unit/store_fate.h \
	t/unit/store_sample.c t/unit/store_sample.h
t_unit_test_store_powercut_LDADD = $(STORE_TEST_LDADD)
store_tests += t/unit/test_store_scarce
t_unit_test_store_scarce_SOURCES = t/unit/test_store_scarce.c \
	t/unit/power_disk.c t/unit/power_disk.h \
	t/unit/power_record.c t/unit/power_record.h \
	t/unit/store_fate.c t/unit/store_fate.h \
	t/unit/store_sample.c t/unit/store_sample.h
t_unit_test_store_scarce_LDADD = $(STORE_TEST_LDADD)
t_unit_test_store_scarce_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc \
	-Wl,--wrap=realloc,--wrap=reallocarray,--wrap=strdup
unit_tests += $(store_tests)

unit_tests += t/unit/test_imap_capability
t_unit_test_imap_capability_SOURCES = t/unit/test_imap_capability.c
t_unit_test_imap_capability_CPPFLAGS = $(IMAPD_CPPFLAGS)
t_unit_test_imap_capability_LDADD = imapd/libimapd.a $(IMAPD_LDADD) \
	$(CMOCKA_LIBS)

unit_tests += t/unit/test_authenticate t/unit/test_lmtp_filter t/unit/test_text_line
t_unit_test_authenticate_SOURCES = t/unit/test_authenticate.c
t_unit_test_authenticate_LDADD = lib/login/liblogin.a lib/net/libnet.a \
	$(BASE_ARCHIVES) $(LOGIN_LIBS) $(NET_LIBS) $(UNIT_LDADD)
t_unit_test_lmtp_filter_SOURCES = t/unit/test_lmtp_filter.c
t_unit_test_lmtp_filter_LDADD = imapd/libimapd.a $(IMAPD_LDADD) $(CMOCKA_LIBS)
t_unit_test_text_line_SOURCES = t/unit/test_text_line.c
t_unit_test_text_line_CPPFLAGS = $(IMAPD_CPPFLAGS)
t_unit_test_text_line_LDADD = imapd/libimapd.a $(IMAPD_LDADD) $(CMOCKA_LIBS)

unit_tests += t/unit/test_dns t/unit/test_dns_data
t_unit_test_dns_SOURCES = t/unit/test_dns.c
t_unit_test_dns_LDADD = lib/net/libnet.a $(BASE_ARCHIVES) $(DNS_LIBS) \
	$(NET_LIBS) $(UNIT_LDADD)
t_unit_test_dns_data_SOURCES = t/unit/test_dns_data.c
t_unit_test_dns_data_LDADD = $(t_unit_test_dns_LDADD)

unit_tests += t/unit/test_dns_dnssec
t_unit_test_dns_dnssec_SOURCES = t/unit/test_dns_dnssec.c
t_unit_test_dns_dnssec_LDADD = $(t_unit_test_dns_LDADD)

unit_tests += t/unit/test_spf t/unit/test_spf_text t/unit/test_dnsbl
SPF_WORLD = t/unit/spf_world.c t/unit/spf_world.h
t_unit_test_spf_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_unit_test_spf_SOURCES = t/unit/test_spf.c $(SPF_WORLD)
t_unit_test_spf_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_unit_test_spf_text_SOURCES = t/unit/test_spf_text.c $(SPF_WORLD) $(WORK)
t_unit_test_spf_text_LDADD = t/unit/libwork.a $(t_unit_test_spf_LDADD)
t_unit_test_spf_LDADD = lib/auth/libauth.a lib/net/libnet.a \
	lib/mail/libmail.a $(BASE_ARCHIVES) $(VERIFY_LIBS) $(AUTH_LIBS) \
	$(MAIL_LIBS) $(NET_LIBS) $(UNIT_LDADD)
t_unit_test_dnsbl_SOURCES = t/unit/test_dnsbl.c
t_unit_test_dnsbl_LDADD = $(t_unit_test_spf_LDADD)
unit_tests += t/unit/test_authres
t_unit_test_authres_SOURCES = t/unit/test_authres.c
unit_tests += t/unit/test_verify
t_unit_test_verify_SOURCES = t/unit/test_verify.c $(DKIM_LAB) \
	t/unit/dns_zone.c t/unit/dns_zone.h
t_unit_test_verify_CPPFLAGS = $(DKIM_TEST_CPPFLAGS)
t_unit_test_verify_LDADD = $(t_unit_test_dmarc_LDADD)
unit_tests += t/unit/test_dmarc
t_unit_test_dmarc_SOURCES = t/unit/test_dmarc.c \
	t/unit/dns_zone.c t/unit/dns_zone.h
t_unit_test_dmarc_LDADD = lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) $(AUTH_LIBS) $(VERIFY_LIBS) \
	$(NET_LIBS) $(MAIL_LIBS) $(UNIT_LDADD)
t_unit_test_authres_LDADD = lib/auth/libauth.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(AUTH_LIBS) $(MAIL_LIBS) $(UNIT_LDADD)

unit_tests += t/unit/test_keyed_hash t/unit/test_text_fold \
	t/unit/test_html_text t/unit/test_token t/unit/test_extract \
	t/unit/test_model t/unit/test_table
JUNK_TEST_LDADD = junk/libjunk.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(MAIL_LIBS) $(JUNK_LIBS) $(UNIT_LDADD)
t_unit_test_keyed_hash_SOURCES = t/unit/test_keyed_hash.c
t_unit_test_keyed_hash_LDADD = $(JUNK_TEST_LDADD)
t_unit_test_text_fold_SOURCES = t/unit/test_text_fold.c
t_unit_test_text_fold_LDADD = $(JUNK_TEST_LDADD)
t_unit_test_html_text_SOURCES = t/unit/test_html_text.c
t_unit_test_html_text_LDADD = $(JUNK_TEST_LDADD)
t_unit_test_token_SOURCES = t/unit/test_token.c
t_unit_test_token_LDADD = $(JUNK_TEST_LDADD)
t_unit_test_extract_SOURCES = t/unit/test_extract.c
t_unit_test_extract_LDADD = $(JUNK_TEST_LDADD)
t_unit_test_model_SOURCES = t/unit/test_model.c
t_unit_test_model_LDADD = $(JUNK_TEST_LDADD)
t_unit_test_table_SOURCES = t/unit/test_table.c
t_unit_test_table_LDADD = $(JUNK_TEST_LDADD)

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
