/*
 * secret - the kinds of secrets, their limits, and lists that are wiped
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "login/secret.h"

/*
 * The most iterations of an imported secret.  Clients must compute them, and
 * so must we when a password is set.
 */
#define SCRAM_COUNT_MAX	1000000

static const struct secret_kind_info kinds[] = {
	{ .kind = SECRET_PASSWORD, .name = "password",
	  .value_min = 1, .value_max = SECRET_VALUE_MAX, .is_text = true },
	/* RFC 7677 4: not less than 4096. */
	{ .kind = SECRET_SCRAM_SHA_256, .name = "scram-sha-256",
	  .count_min = 4096, .count_max = SCRAM_COUNT_MAX,
	  .salt_min = 8, .salt_max = SECRET_SALT_MAX,
	  .value_min = 64, .value_max = 64,
	  .decoy_count = 4096, .decoy_salt_len = 16 },
};

const struct secret_kind_info *
secret_kind_info(unsigned kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if ((unsigned)kinds[i].kind == kind)
			return &kinds[i];
	return NULL;
}

static bool
is_between(uint64_t n, uint64_t min, uint64_t max)
{
	return n >= min && n <= max;
}

int
secret_make(const struct secret *parts, struct bytes salt,
    struct bytes value, struct secret *out, struct err *err)
{
	const struct secret_kind_info *k = secret_kind_info(parts->kind);

	if (k == NULL)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "unknown kind %u of secret", (unsigned)parts->kind);
	if (!is_between(parts->count, k->count_min, k->count_max))
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a secret of kind '%s' needs a count of %u to %u", k->name,
		    k->count_min, k->count_max);
	if (!is_between(salt.len, k->salt_min, k->salt_max))
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a secret of kind '%s' needs a salt of %u to %u bytes",
		    k->name, k->salt_min, k->salt_max);
	if (!is_between(value.len, k->value_min, k->value_max) ||
	    (k->is_text && memchr(value.data, '\0', value.len) != NULL))
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a secret of kind '%s' needs a value of %u to %u bytes",
		    k->name, k->value_min, k->value_max);
	memset(out, 0, sizeof(*out));
	out->kind = k->kind;
	out->count = parts->count;
	out->salt_len = (uint16_t)salt.len;
	out->value_len = (uint16_t)value.len;
	if (salt.len > 0)
		memcpy(out->salt, salt.data, salt.len);
	memcpy(out->value, value.data, value.len);
	return 0;
}

int
secret_of_password(struct bytes hash, struct secret *out, struct err *err)
{
	struct secret parts = { .kind = SECRET_PASSWORD };

	return secret_make(&parts, BYTES(""), hash, out, err);
}

struct bytes
secret_salt(const struct secret *s)
{
	return bytes_make(s->salt, s->salt_len);
}

struct bytes
secret_value(const struct secret *s)
{
	return bytes_make(s->value, s->value_len);
}

void
secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

bool
secret_list_add(struct secret_list *list, uint32_t login,
    uint32_t credential, const struct secret *s)
{
	if (list->n == SECRETS_MAX)
		return false;
	/* Allocate all now, because growing would leave copies in memory. */
	if (list->entries == NULL &&
	    (list->entries = calloc(SECRETS_MAX, sizeof(*list->entries))) ==
	    NULL)
		fatal("out of memory for the secrets of a login");
	list->entries[list->n++] = (struct secret_entry){ login, credential,
	    *s };
	return true;
}

void
secret_list_move(struct secret_list *to, struct secret_list *from)
{
	*to = *from;
	*from = (struct secret_list)SECRET_LIST_INIT;
}

void
secret_list_clear(struct secret_list *list)
{
	if (list->entries != NULL)
		explicit_bzero(list->entries,
		    list->n * sizeof(*list->entries));
	free(list->entries);
	*list = (struct secret_list)SECRET_LIST_INIT;
}
