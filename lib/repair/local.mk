# lib/repair: verify and salvage.
noinst_LIBRARIES += lib/repair/librepair.a
lib_repair_librepair_a_SOURCES = \
	lib/repair/integrity.c lib/repair/integrity.h \
	lib/repair/integrity-private.h \
	lib/repair/integrity_account.c \
	lib/repair/integrity_body.c \
	lib/repair/integrity_dmarc.c \
	lib/repair/integrity_mailbox.c \
	lib/repair/integrity_segment.c \
	lib/repair/integrity_sent.c \
	lib/repair/salvage.c lib/repair/salvage.h lib/repair/salvage-private.h \
	lib/repair/salvage_body.c \
	lib/repair/salvage_mailbox.c \
	lib/repair/salvage_maildir.c
