/*
 * fields - adds and removes header fields at the end of a message.
 */
#include <config.h>

#include "milter/fields.h"

void
fields_note(struct message *m, unsigned index)
{
	unsigned *more;

	if (m->nresults_forged == m->results_forged_cap) {
		m->results_forged_cap = m->results_forged_cap * 2 + 8;
		more = arena_array(&m->arena, m->results_forged_cap,
		    sizeof(*more));
		if (m->nresults_forged > 0)
			memcpy(more, m->results_forged,
			    m->nresults_forged * sizeof(*more));
		m->results_forged = more;
	}
	m->results_forged[m->nresults_forged++] = index;
}

static int
no_change(struct err *err)
{
	return err_set(err, ERR_TEMP, "the MTA refused a header change");
}

static int
remove_one(SMFICTX *ctx, const char *name, unsigned index, struct err *err)
{
	char copy[64];

	(void)snprintf(copy, sizeof(copy), "%s", name);
	return smfi_chgheader(ctx, copy, (int)index, NULL) == MI_SUCCESS ? 0 :
	    no_change(err);
}

/* Removes the last one first, so that the indexes of the others stay valid. */
static int
remove_all(SMFICTX *ctx, const char *name, unsigned n, struct err *err)
{
	for (unsigned i = n; i > 0; i--)
		if (remove_one(ctx, name, i, err) == -1)
			return -1;
	return 0;
}

int
fields_remove(SMFICTX *ctx, struct session *s, struct err *err)
{
	struct message *m = &s->message;

	if (remove_all(ctx, ORIGIN_HEADER, m->forged, err) == -1 ||
	    remove_all(ctx, TRIAL_HEADER, m->trial_fields, err) == -1)
		return -1;
	for (size_t i = m->nresults_forged; i > 0; i--)
		if (remove_one(ctx, RESULTS_HEADER, m->results_forged[i - 1],
		    err) == -1)
			return -1;
	return 0;
}

int
fields_put_top(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err)
{
	return smfi_insheader(ctx, 0, arena_strdup(&m->arena, name),
	    arena_memdup(&m->arena, value.data, value.len)) == MI_SUCCESS ?
	    0 : no_change(err);
}

int
fields_put_end(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err)
{
	return smfi_addheader(ctx, arena_strdup(&m->arena, name),
	    arena_memdup(&m->arena, value.data, value.len)) == MI_SUCCESS ?
	    0 : no_change(err);
}

int
fields_add_origin(SMFICTX *ctx, struct session *s, const struct origin *o,
    struct err *err)
{
	struct bytes values[ORIGIN_LINES_MAX];
	struct message *m = &s->message;
	int n;

	n = origin_seal(s->config->origin_keys, o, &m->arena, values, err);
	for (int i = 0; i < n; i++)
		if (fields_put_end(ctx, m, ORIGIN_HEADER,
		    bytes_of(arena_printf(&m->arena, " " BYTES_FMT,
		    BYTES_ARG(values[i]))), err) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

/* Makes the value of a field; replaces characters not allowed there by "?". */
static struct bytes
trial_value(struct arena *a, const char *text)
{
	char *v = arena_printf(a, " would refuse: %s", text);

	for (char *c = v; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return bytes_of(v);
}

static int
add_trials(SMFICTX *ctx, struct message *m, const struct trials *t,
    struct err *err)
{
	for (size_t i = 0; i < t->n; i++)
		if (fields_put_end(ctx, m, TRIAL_HEADER,
		    trial_value(&m->arena, t->v[i]), err) == -1)
			return -1;
	return 0;
}

int
fields_add_trials(SMFICTX *ctx, struct session *s, struct err *err)
{
	if (add_trials(ctx, &s->message, &s->trials, err) == -1)
		return -1;
	return add_trials(ctx, &s->message, &s->message.trials, err);
}
