# lib/directory: accounts, addresses, domains, credentials.
noinst_LIBRARIES += lib/directory/libdirectory.a
lib_directory_libdirectory_a_SOURCES = \
	lib/directory/account.c lib/directory/account.h \
	lib/directory/account-private.h \
	lib/directory/account_row.c lib/directory/account_row.h \
	lib/directory/address_map.c lib/directory/address_map.h \
	lib/directory/address_map-private.h \
	lib/directory/address_resolve.c \
	lib/directory/address_row.c lib/directory/address_row.h \
	lib/directory/credential.c \
	lib/directory/domain.c
