# imapd: postern-imapd, the owner of the store.
include imapd/imap.mk

sbin_PROGRAMS += imapd/postern-imapd
imapd_postern_imapd_SOURCES = imapd/imapd_main.c
imapd_postern_imapd_CPPFLAGS = $(IMAPD_CPPFLAGS)
imapd_postern_imapd_LDADD = imapd/libimapd.a $(IMAPD_LDADD)

# Everything except main(); the tests link with it too.
noinst_LIBRARIES += imapd/libimapd.a
imapd_libimapd_a_SOURCES = \
	$(imapd_imap_sources) \
	imapd/imapd.h \
	imapd/listeners.c imapd/listeners.h \
	imapd/lmtp.c imapd/lmtp.h \
	imapd/lmtp_deliver.c \
	imapd/lmtp_filter.c imapd/lmtp_filter.h \
	imapd/lmtp_intake.c \
	imapd/login_lookup.c imapd/login_lookup.h \
	imapd/request_call.c imapd/request_call.h \
	imapd/request_account.c \
	imapd/request_address.c \
	imapd/request_admin.c \
	imapd/request_domain.c \
	imapd/request_judge.c \
	imapd/request_mailbox.c \
	imapd/request_message.c \
	imapd/request_dmarc.c \
	imapd/request_submission.c \
	imapd/request_export.c \
	imapd/request_junk.c \
	imapd/recipient.c imapd/recipient.h \
	imapd/auth_service.c \
	imapd/socketmap_service.c \
	imapd/request_service.c imapd/request_service.h \
	imapd/text_line.c imapd/text_line.h
imapd_libimapd_a_CPPFLAGS = $(IMAPD_CPPFLAGS)

IMAPD_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(EVENT_CFLAGS)
# The libraries that follow libimapd.a on a link line, from the top floor down.
IMAPD_LDADD = $(STORE_ARCHIVES) lib/login/liblogin.a lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(LOGIN_LIBS) $(AUTH_LIBS) $(NET_LIBS) $(STORE_LIBS) $(MAIL_LIBS) $(POSTERN_LIBS)
