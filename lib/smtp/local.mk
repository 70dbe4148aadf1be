# lib/smtp: the SMTP and LMTP client.
noinst_LIBRARIES += lib/smtp/libsmtp.a
lib_smtp_libsmtp_a_SOURCES = \
	lib/smtp/smtp_client.c lib/smtp/smtp_client.h \
	lib/smtp/smtp_client-private.h lib/smtp/transaction.c
