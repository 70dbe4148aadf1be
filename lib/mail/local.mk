# lib/mail: messages, addresses, dates.
MAIL_LIBS = $(IDN2_LIBS) $(UNISTRING_LIBS)

noinst_LIBRARIES += lib/mail/libmail.a
lib_mail_libmail_a_SOURCES = \
	lib/mail/address.c lib/mail/address.h lib/mail/address_list.c \
	lib/mail/chars.h \
	lib/mail/charset.c lib/mail/charset.h \
	lib/mail/date.c lib/mail/date.h \
	lib/mail/decode.c lib/mail/decode.h \
	lib/mail/fold.c lib/mail/fold.h \
	lib/mail/header.c lib/mail/header.h \
	lib/mail/message.c lib/mail/message.h \
	lib/mail/message_fields.c lib/mail/message-private.h \
	lib/mail/msgid.c lib/mail/msgid.h \
	lib/mail/param.c lib/mail/param.h \
	lib/mail/word.c lib/mail/word.h
