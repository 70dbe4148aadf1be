/* quota - checks and counts how much an account keeps */
#include <config.h>

#include "store/mailbox-private.h"
#include "store/quota.h"

static uint64_t
quota_effective(uint64_t own, uint64_t site)
{
	if (own != 0)
		return own;
	return site == 0 ? QUOTA_NONE : site;
}

void
account_quota(const struct store *s, const struct account *acc,
    uint64_t *bytes, uint64_t *messages)
{
	*bytes = quota_effective(acc->quota_bytes, s->config.quota_bytes);
	*messages = quota_effective(acc->quota_messages,
	    s->config.quota_messages);
}

int
account_has_room(const struct store *s, const struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err)
{
	uint64_t bytes_max, messages_max, bytes_held, messages_held;

	account_quota(s, acc, &bytes_max, &messages_max);
	mailbox_reserved_sum(s, acc->id, &bytes_held, &messages_held);
	bytes += bytes_held;
	messages += messages_held;
	if (bytes > bytes_max || acc->used_bytes > bytes_max - bytes)
		return err_code(err, ERR_REFUSED, ERR_CODE_OVER_QUOTA,
		    "the account is over its quota of bytes (setting "
		    "quota-bytes)");
	if (messages > messages_max ||
	    acc->used_messages > messages_max - messages)
		return err_code(err, ERR_REFUSED, ERR_CODE_OVER_QUOTA,
		    "the account is over its quota of messages (setting "
		    "quota-messages)");
	return 0;
}

int
account_charge(const struct store *s, struct account *acc, uint64_t bytes,
    uint64_t messages, struct err *err)
{
	if (account_has_room(s, acc, bytes, messages, err) == -1)
		return -1;
	acc->used_bytes += bytes;
	acc->used_messages += messages;
	return 0;
}

void
account_discharge(struct account *acc, uint64_t bytes, uint64_t messages)
{
	acc->used_bytes -= bytes < acc->used_bytes ? bytes : acc->used_bytes;
	acc->used_messages -= messages < acc->used_messages ? messages :
	    acc->used_messages;
}
