/* opqueue - a ring of accounts, each with its own list of operations. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "commit/opqueue.h"

/* The operations of one account. */
struct lane {
	uint64_t account;
	struct op *head, *tail;
	struct lane *next, *prev;	/* in the ring */
	struct lane *chain;		/* in its bucket, or among the spares */
};

void
opqueue_init(struct opqueue *q)
{
	memset(q, 0, sizeof(*q));
}

void
opqueue_clear(struct opqueue *q)
{
	struct lane *l;

	while ((l = q->spare) != NULL) {
		q->spare = l->chain;
		free(l);
	}
	opqueue_init(q);
}

static struct lane **
bucket_of(struct opqueue *q, uint64_t account)
{
	/* Account ids are random, but tests count from 1. */
	return &q->bucket[(account ^ account >> 32) % OPQUEUE_BUCKETS];
}

static struct lane *
lane_new(struct opqueue *q, uint64_t account)
{
	struct lane *l = q->spare, **bucket = bucket_of(q, account);

	if (l != NULL)
		q->spare = l->chain;
	else if ((l = malloc(sizeof(*l))) == NULL)
		fatal("out of memory");
	l->account = account;
	l->head = l->tail = NULL;
	l->chain = *bucket;
	*bucket = l;
	if (q->current == NULL) {
		q->current = l->next = l->prev = l;
		return l;
	}
	/* It becomes the last in the ring. */
	l->next = q->current;
	l->prev = q->current->prev;
	l->prev->next = l;
	l->next->prev = l;
	return l;
}

static void
lane_drop(struct opqueue *q, struct lane *l)
{
	struct lane **p = bucket_of(q, l->account);

	while (*p != l)
		p = &(*p)->chain;
	*p = l->chain;
	if (l->next == l)
		q->current = NULL;
	else {
		l->prev->next = l->next;
		l->next->prev = l->prev;
		if (q->current == l)
			q->current = l->next;
	}
	l->chain = q->spare;
	q->spare = l;
}

void
opqueue_add(struct opqueue *q, struct op *op)
{
	struct lane *l = *bucket_of(q, op->account);

	while (l != NULL && l->account != op->account)
		l = l->chain;
	if (l == NULL)
		l = lane_new(q, op->account);
	op->next = NULL;
	if (l->head == NULL)
		l->head = op;
	else
		l->tail->next = op;
	l->tail = op;
	q->n++;
}

struct op *
opqueue_peek(const struct opqueue *q)
{
	return q->current == NULL ? NULL : q->current->head;
}

struct op *
opqueue_take(struct opqueue *q)
{
	struct lane *l = q->current;
	struct op *op;

	if (l == NULL)
		return NULL;
	op = l->head;
	l->head = op->next;
	op->next = NULL;
	q->n--;
	q->current = l->next;
	if (l->head == NULL)
		lane_drop(q, l);
	return op;
}
