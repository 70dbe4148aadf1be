# lib/auth: where a message came from, and who vouches for it.
noinst_LIBRARIES += lib/auth/libauth.a
lib_auth_libauth_a_SOURCES = \
	lib/auth/keyfile.c lib/auth/keyfile.h \
	lib/auth/origin.c lib/auth/origin.h
lib_auth_libauth_a_CPPFLAGS = $(AM_CPPFLAGS) \
	$(OPENSSL_CFLAGS) $(OPENDKIM_CFLAGS) $(PSL_CFLAGS)
AUTH_LIBS = $(OPENSSL_LIBS)
# Of programs that verify messages.
VERIFY_LIBS = $(OPENDKIM_LIBS) $(PSL_LIBS) $(SPF2_LIBS) $(DNS_LIBS)

# Signatures: DKIM and ARC.
lib_auth_libauth_a_SOURCES += \
	lib/auth/arc.c lib/auth/arc.h \
	lib/auth/canon.c lib/auth/canon.h \
	lib/auth/dkim_keymake.c \
	lib/auth/dkim_keys.c lib/auth/dkim_keys.h lib/auth/dkim_keys-private.h \
	lib/auth/dkim_record_dns.c \
	lib/auth/dkim_record.c lib/auth/dkim_record.h \
	lib/auth/dkim_sig.c lib/auth/dkim_sig.h \
	lib/auth/dkim_sign.c lib/auth/dkim_sign.h \
	lib/auth/dkim_verify.c lib/auth/dkim_verify.h \
	lib/auth/fieldlist.c lib/auth/fieldlist.h \
	lib/auth/taglist.c lib/auth/taglist.h

# Policy: DMARC, Authentication-Results, all results of one message.
lib_auth_libauth_a_SOURCES += \
	lib/auth/authres.c lib/auth/authres.h \
	lib/auth/authres_write.c \
	lib/auth/dmarc.c lib/auth/dmarc.h lib/auth/dmarc-private.h \
	lib/auth/dmarc_find.c \
	lib/auth/dmarc_record.c \
	lib/auth/dmarc_tally.c lib/auth/dmarc_tally.h \
	lib/auth/orgdomain.c lib/auth/orgdomain.h \
	lib/auth/sender_domain.c lib/auth/sender_domain.h \
	lib/auth/verify.c lib/auth/verify.h lib/auth/verify-private.h \
	lib/auth/verify_policy.c \
	lib/auth/verify_print.c

# SPF, and what the address of a client says.
lib_auth_libauth_a_SOURCES += \
	lib/auth/dnsbl.c lib/auth/dnsbl.h \
	lib/auth/iprev.c lib/auth/iprev.h \
	lib/auth/spf.c lib/auth/spf.h lib/auth/spf-private.h \
	lib/auth/spf_eval.c \
	lib/auth/spf_libspf2.c \
	lib/auth/spf_macro.c \
	lib/auth/spf_record.c
