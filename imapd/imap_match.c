/*
 * imap_match - matches mailbox names against the patterns of LIST
 *
 * Walks the name once, keeping the set of pattern positions reached so far, as
 * in a nondeterministic automaton.  There is no backtracking, so a pattern of a
 * thousand stars costs no more than any other pattern of that length.
 */
#include <config.h>

#include <stdint.h>

#include "store/mailbox.h"
#include "imapd/imap_match.h"

#define PATTERN_MAX	(MAILBOX_NAME_MAX + 1)

struct state_set {
	uint64_t bit[PATTERN_MAX / 64 + 1];
};

static bool
set_has(const struct state_set *s, size_t i)
{
	return s->bit[i / 64] >> (i % 64) & 1;
}

/*
 * Adds position i, and the positions that wildcards at i reach without input.
 */
static void
set_add(struct state_set *s, struct bytes pattern, size_t i)
{
	for (;; i++) {
		s->bit[i / 64] |= UINT64_C(1) << (i % 64);
		if (i >= pattern.len ||
		    (pattern.data[i] != '*' && pattern.data[i] != '%'))
			return;
	}
}

/* Computes the positions after one more character of the name. */
static void
set_step(const struct state_set *from, struct state_set *to,
    struct bytes pattern, char c, char separator)
{
	memset(to, 0, sizeof(*to));
	for (size_t i = 0; i < pattern.len; i++) {
		if (!set_has(from, i))
			continue;
		if (pattern.data[i] == '*' ||
		    (pattern.data[i] == '%' && c != separator))
			set_add(to, pattern, i);
		else if (pattern.data[i] == c)
			set_add(to, pattern, i + 1);
	}
}

static bool
match_exact(struct bytes pattern, struct bytes name, char separator)
{
	struct state_set a, b;

	memset(&a, 0, sizeof(a));
	set_add(&a, pattern, 0);
	for (size_t i = 0; i < name.len; i++) {
		set_step(&a, &b, pattern, name.data[i], separator);
		a = b;
	}
	return set_has(&a, pattern.len);
}

/* Uppercases the first level of a pattern if it is INBOX in any case. */
static struct bytes
canonical_inbox(struct bytes pattern, char separator, char *copy)
{
	if (pattern.len < 5 ||
	    !bytes_ieq_str(bytes_make(pattern.data, 5), "INBOX") ||
	    (pattern.len > 5 && pattern.data[5] != separator &&
	    pattern.data[5] != '*' && pattern.data[5] != '%'))
		return pattern;
	memcpy(copy, pattern.data, pattern.len);
	memcpy(copy, "INBOX", 5);
	return bytes_make(copy, pattern.len);
}

static struct bytes
upper(struct bytes pattern, char *copy)
{
	for (size_t i = 0; i < pattern.len; i++)
		copy[i] = pattern.data[i] >= 'a' && pattern.data[i] <= 'z' ?
		    (char)(pattern.data[i] - 32) : pattern.data[i];
	return bytes_make(copy, pattern.len);
}

bool
imap_match(struct bytes pattern, struct bytes name, char separator)
{
	char copy[PATTERN_MAX];

	if (pattern.len > MAILBOX_NAME_MAX)
		return false;
	if (bytes_eq_str(name, "INBOX"))
		return match_exact(upper(pattern, copy), name, separator);
	return match_exact(canonical_inbox(pattern, separator, copy), name,
	    separator);
}
