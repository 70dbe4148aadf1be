# lib/smtp: the SMTP and LMTP client.
noinst_LIBRARIES += lib/smtp/libsmtp.a
lib_smtp_libsmtp_a_SOURCES = \
	lib/smtp/client.c lib/smtp/client.h lib/smtp/client-private.h \
	lib/smtp/transaction.c
