/*
 * The header of a message as the milter sees it: Received fields of relays,
 * Authentication-Results of others, From fields, and which fields are removed.
 * The first byte chooses the client.  libmilter's functions are replaced here.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/content.h"
#include "milter/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct session session;
static struct recipient recipient = { .is = RECIPIENT_OURS };
/*
 * How many fields of each name the milter has seen, less those that it removed.
 */
static unsigned results, forged;

void *
smfi_getpriv(SMFICTX *ctx)
{
	return &session;
}

/* A field can be removed once, and only if it exists. */
int
smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	unsigned *n = strcmp(name, RESULTS_HEADER) == 0 ? &results :
	    strcmp(name, ORIGIN_HEADER) == 0 ? &forged : NULL;

	if (value != NULL || index < 1)
		abort();
	if (n != NULL && ((unsigned)index > *n))
		abort();
	if (n != NULL)
		*n = (unsigned)index - 1;
	return MI_SUCCESS;
}

static const struct config *
fuzz_config(void)
{
	static const char *relays[] = { "192.0.2.0/24", "2001:db8::/32" };
	static struct settings settings = {
		.trusted_relays = { relays, 2 },
	};
	static struct config *c;
	struct err err = ERR_INIT;

	if (c == NULL && config_new(&settings, &c, &err) == -1)
		abort();
	return c;
}

static void
begin(uint8_t kind)
{
	memset(&session, 0, sizeof(session));
	arena_init(&session.arena);
	arena_init(&session.message.arena);
	session.config = fuzz_config();
	session.kind = kind % (SESSION_LOCAL + 1);
	session.authserv_id = BYTES("mx.example");
	session.message.spool = spool_new("/", 1 << 20, 1 << 20);
	session.message.sign = dkim_sign_new();
	session.message.recipients = &recipient;
	session.message.nrecipients = 1;
	results = forged = 0;
}

/* Feeds a field as the MTA would: line breaks in the value stay, except at its
   end. */
static void
feed_field(char *name, char *value)
{
	results += strcasecmp(name, RESULTS_HEADER) == 0;
	forged += strcasecmp(name, ORIGIN_HEADER) == 0;
	if (content_on_header(NULL, name, value) != SMFIS_NOREPLY)
		abort();
}

/* A NUL ends a field; its first colon ends the name. */
static void
feed(const char *data, size_t size)
{
	char *copy = arena_memdup(&session.arena, data, size), *colon;
	size_t n;

	for (size_t pos = 0; pos < size; pos += n + 1) {
		n = strlen(copy + pos);
		if ((colon = memchr(copy + pos, ':', n)) == NULL)
			continue;
		*colon = '\0';
		feed_field(copy + pos, colon + 1);
	}
}

static void
check(const struct message *m)
{
	if (m->nfrom > ORIGIN_FROM_MAX ||
	    m->header.len > REQUEST_HEADER_MAX ||
	    m->nresults_forged > m->results_fields ||
	    (m->is_relayed && networks_have(&session.config->relays,
	    &m->relay_client)) ||
	    (m->is_relayed && session.kind != SESSION_RELAY))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	unsigned char body[] = "body\r\n";

	if (size == 0)
		return 0;
	begin(data[0]);
	feed((const char *)data + 1, size - 1);
	(void)content_on_eoh(NULL);
	(void)content_on_body(NULL, body, sizeof(body) - 1);
	check(&session.message);
	if (content_sha256(&session.message).len != JUDGE_SHA256_LEN)
		abort();
	if (fields_remove(NULL, &session, &err) == -1)
		abort();
	session_message_clear(&session);
	arena_clear(&session.arena);
	return 0;
}
