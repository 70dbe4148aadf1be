# The IMAP server's files.
imapd_imap_sources = \
	imapd/imap.h \
	imapd/imap_append.c \
	imapd/imap_auth.c \
	imapd/imap_capability.c imapd/imap_capability.h \
	imapd/imap_chunk.c imapd/imap_chunk.h \
	imapd/imap_commands.c \
	imapd/imap_fetch.c imapd/imap_fetch.h \
	imapd/imap_list.c \
	imapd/imap_mailbox.c \
	imapd/imap_match.c imapd/imap_match.h \
	imapd/imap_search.c imapd/imap_search.h \
	imapd/imap_search_match.c \
	imapd/imap_search_text.c \
	imapd/imap_section.c \
	imapd/imap_select.c \
	imapd/imap_session.c \
	imapd/imap_set.c \
	imapd/imap_store.c \
	imapd/imap_sync.c \
	imapd/imap_watched.c
