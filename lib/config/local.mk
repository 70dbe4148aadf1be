# lib/config: postern.conf, the option table, the command line of a daemon.
noinst_LIBRARIES += lib/config/libconfig.a
lib_config_libconfig_a_SOURCES = \
	lib/config/conf.c lib/config/conf.h \
	lib/config/daemon.c lib/config/daemon.h \
	lib/config/settings.c lib/config/settings-private.h lib/config/settings.h \
	lib/config/settings_command.c \
	lib/config/settings_common.c \
	lib/config/settings_dns.c \
	lib/config/settings_imapd.c \
	lib/config/settings_milter.c \
	lib/config/settings_print.c \
	lib/config/settings_sender.c \
	lib/config/settings_store.c \
	lib/config/settings_table.c lib/config/settings_table-private.h \
	lib/config/settings_tls.c \
	lib/config/settings_value.c \
	lib/config/units.c lib/config/units.h
