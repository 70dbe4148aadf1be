# lib/login: secrets, SASL mechanisms, password checks.
noinst_LIBRARIES += lib/login/liblogin.a
lib_login_liblogin_a_SOURCES = \
	lib/login/authenticate.c lib/login/authenticate.h \
	lib/login/password.c lib/login/password.h \
	lib/login/sasl.c lib/login/sasl.h lib/login/sasl-private.h \
	lib/login/secret.c lib/login/secret.h
lib_login_liblogin_a_CPPFLAGS = $(AM_CPPFLAGS) $(ARGON2_CFLAGS) \
	$(OPENSSL_CFLAGS)
LOGIN_LIBS = $(ARGON2_LIBS) $(CRYPT_LIBS) $(OPENSSL_LIBS)
