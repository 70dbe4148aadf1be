# lib/directory: accounts, addresses, domains, credentials.
noinst_LIBRARIES += lib/directory/libdirectory.a
lib_directory_libdirectory_a_SOURCES = \
	lib/directory/account.c lib/directory/account.h \
	lib/directory/account_row.c lib/directory/account_row.h \
	lib/directory/account_settings.c lib/directory/account_settings.h \
	lib/directory/address_map.c lib/directory/address_map.h \
	lib/directory/address_map-private.h \
	lib/directory/address_resolve.c \
	lib/directory/address_row.c lib/directory/address_row.h \
	lib/directory/credential.c lib/directory/credential.h \
	lib/directory/credential_row.c lib/directory/credential_row.h \
	lib/directory/domain.c lib/directory/domain.h \
	lib/directory/domain_row.c lib/directory/domain_row.h \
	lib/directory/domain_settings.c lib/directory/domain_settings.h \
	lib/directory/junk_meaning.c lib/directory/junk_meaning.h \
	lib/directory/login_name.c lib/directory/login_name.h \
	lib/directory/mailbox_name.c lib/directory/mailbox_name.h \
	lib/directory/setting_value.c lib/directory/setting_value.h \
	lib/directory/site_secret.c lib/directory/site_secret.h
lib_directory_libdirectory_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
