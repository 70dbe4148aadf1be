/* mailbox_reserve - the list of mailboxes that bulk copies have reserved */
#include <config.h>

#include <pthread.h>

#include "store/mailbox-private.h"
#include "store/store.h"

static pthread_mutex_t reserve_lock = PTHREAD_MUTEX_INITIALIZER;

void
mailbox_reserve(struct store *s, struct reservation *res)
{
	pthread_mutex_lock(&reserve_lock);
	res->next = s->reservations;
	s->reservations = res;
	pthread_mutex_unlock(&reserve_lock);
}

void
mailbox_release(struct store *s, struct reservation *res)
{
	struct reservation **p = &s->reservations;

	pthread_mutex_lock(&reserve_lock);
	while (*p != NULL && *p != res)
		p = &(*p)->next;
	if (*p != NULL)
		*p = res->next;
	pthread_mutex_unlock(&reserve_lock);
}

bool
mailbox_is_reserved(const struct store *s, uint64_t account, uint32_t mbox)
{
	bool found = false;

	pthread_mutex_lock(&reserve_lock);
	for (const struct reservation *res = s->reservations; res != NULL;
	    res = res->next)
		if (res->account == account && res->mbox == mbox)
			found = true;
	pthread_mutex_unlock(&reserve_lock);
	return found;
}

void
mailbox_reserved_sum(const struct store *s, uint64_t account,
    uint64_t *bytes, uint64_t *messages)
{
	*bytes = *messages = 0;
	pthread_mutex_lock(&reserve_lock);
	for (const struct reservation *res = s->reservations; res != NULL;
	    res = res->next)
		if (res->account == account) {
			*bytes += res->bytes;
			*messages += res->messages;
		}
	pthread_mutex_unlock(&reserve_lock);
}
