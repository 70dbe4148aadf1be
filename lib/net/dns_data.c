/*
 * dns_data - answers questions from a file: nodes by name, and look-ups
 *
 * The nodes are a hash table in an arena.  Each name also makes nodes for the
 * names above it, so that a name exists if it has a node.  dns_data_line.c
 * reads the lines.
 */
#include <config.h>

#include "base/file.h"
#include "net/dns_data-private.h"

#define CNAMES_MAX	8	/* number of CNAMEs to follow */

static struct dns_data_node *
node_find(const struct dns_data *d, const uint8_t *wire, size_t len)
{
	struct dns_data_node *node;

	HASH_FIND(hh, d->nodes, wire, len, node);
	return node;
}

static struct dns_data_node *
node_get(struct dns_data *d, const uint8_t *wire, size_t len)
{
	struct dns_data_node *node = node_find(d, wire, len);

	if (node != NULL)
		return node;
	node = arena_zalloc(&d->arena, sizeof(*node) + len);
	node->other = DNS_NODATA;
	memcpy(node->wire, wire, len);
	HASH_ADD(hh, d->nodes, wire, len, node);
	return node;
}

struct dns_data_node *
dns_data_node(struct dns_data *d, const struct dns_name *name)
{
	struct dns_name lower = *name;
	size_t at = 0;

	dns_name_lower(&lower);
	while (lower.wire[at] != 0) {
		at += lower.wire[at] + 1u;
		(void)node_get(d, lower.wire + at, lower.len - at);
	}
	return node_get(d, lower.wire, lower.len);
}

void
dns_data_add(struct dns_data *d, struct dns_data_node *node,
    enum dns_type type, uint32_t ttl, struct bytes rdata)
{
	struct dns_data_set *set = node->sets;
	struct bytes *more;

	while (set != NULL && set->type != type)
		set = set->next;
	if (set == NULL) {
		set = arena_zalloc(&d->arena, sizeof(*set));
		*set = (struct dns_data_set){ .next = node->sets,
		    .type = type, .ttl = ttl };
		node->sets = set;
	}
	/* The array is full, and doubled, at 1, 2, 4, ... */
	if ((set->n & (set->n - 1)) == 0) {
		more = arena_array(&d->arena, set->n == 0 ? 1 : 2 * set->n,
		    sizeof(*more));
		if (set->n > 0)
			memcpy(more, set->rdata, set->n * sizeof(*more));
		set->rdata = more;
	}
	set->rdata[set->n++] = bytes_dup(&d->arena, rdata);
	if (ttl < set->ttl)
		set->ttl = ttl;
}

static const struct dns_data_set *
set_find(const struct dns_data_node *node, enum dns_type type)
{
	const struct dns_data_set *set = node->sets;

	while (set != NULL && set->type != type)
		set = set->next;
	return set;
}

/*
 * Returns the node that answers for a name: its own, or the wildcard below the
 * closest name that exists (RFC 4592 3.3.1).  NULL if there is none.
 */
static const struct dns_data_node *
node_of(const struct dns_data *d, const struct dns_name *name)
{
	const struct dns_data_node *node;
	uint8_t star[DNS_NAME_MAX + 2] = { 1, '*' };
	size_t at = 0;

	if ((node = node_find(d, name->wire, name->len)) != NULL)
		return node;
	while (name->wire[at] != 0) {
		at += name->wire[at] + 1u;
		if (node_find(d, name->wire + at, name->len - at) == NULL)
			continue;
		memcpy(star + 2, name->wire + at, name->len - at);
		return node_find(d, star, name->len - at + 2);
	}
	return NULL;
}

static void
answer_set(struct arena *a, const struct dns_data_set *set,
    struct dns_answer *answer)
{
	answer->status = DNS_OK;
	answer->n = set->n;
	answer->rdata = arena_alloc(a, set->n * sizeof(*answer->rdata));
	for (size_t i = 0; i < set->n; i++)
		answer->rdata[i] = bytes_dup(a, set->rdata[i]);
	if (set->ttl < answer->ttl)
		answer->ttl = set->ttl;
}

/*
 * Gets the answer of one node.  Returns true if it is a CNAME, with its target
 * in *next.
 */
static bool
answer_node(const struct dns_data_node *node, struct arena *a,
    enum dns_type type, struct dns_answer *answer, struct dns_name *next)
{
	const struct dns_data_set *set;

	answer->secure = answer->secure && node->is_secure;
	if ((set = set_find(node, type)) != NULL) {
		answer_set(a, set, answer);
		return false;
	}
	answer->status = node->other;
	if (dns_is_temporary(node->other))
		answer->secure = false;
	if (node->other != DNS_NODATA ||
	    (set = set_find(node, DNS_CNAME)) == NULL ||
	    dns_name_of(set->rdata[0], next) == -1)
		return false;
	if (set->ttl < answer->ttl)
		answer->ttl = set->ttl;
	dns_name_lower(next);
	return true;
}

void
dns_data_answer(const struct dns_data *d, struct arena *a,
    const struct dns_name *name, enum dns_type type,
    struct dns_answer *answer)
{
	const struct dns_data_node *node;
	struct dns_name at = *name;

	*answer = (struct dns_answer){ .secure = true,
	    .ttl = DNS_DATA_TTL };
	for (int i = 0; i <= CNAMES_MAX; i++) {
		if ((node = node_of(d, &at)) == NULL) {
			answer->status = DNS_NXDOMAIN;
			answer->secure = false;
			return;
		}
		if (!answer_node(node, a, type, answer, &at))
			return;
	}
	/* A loop, or too many CNAMEs. */
	answer->status = DNS_SERVFAIL;
	answer->secure = false;
}

int
dns_data_parse(const char *file, struct bytes text, struct dns_data **out,
    struct err *err)
{
	struct dns_data *d = calloc(1, sizeof(*d));
	static const struct dns_name root = { .len = 1 };

	if (d == NULL)
		fatal("out of memory");
	arena_init(&d->arena);
	(void)dns_data_node(d, &root);
	if (dns_data_lines(d, file, text, err) == -1) {
		dns_data_free(&d);
		return -1;
	}
	*out = d;
	return 0;
}

int
dns_data_read(const char *path, struct dns_data **out, struct err *err)
{
	struct buf text = BUF_INIT;
	int r = -1;

	if (file_read(path, DNS_DATA_MAX, &text, err) == 0)
		r = dns_data_parse(path, buf_view(&text), out, err);
	buf_free(&text);
	return r;
}

void
dns_data_free(struct dns_data **data)
{
	struct dns_data *d = *data;

	if (d == NULL)
		return;
	HASH_CLEAR(hh, d->nodes);
	arena_clear(&d->arena);
	free(d);
	*data = NULL;
}
