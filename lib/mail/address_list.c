/*
 * address_list - the addresses of a header field
 *
 * Words are collected until a character says what they were: the name before
 * '<', the localpart before '@', or the name of a group before ':'.  So words
 * are kept in two forms at once: as a phrase (with one space between words)
 * and as a localpart (with nothing between them).
 */
#include <config.h>

#include <string.h>

#include "mail/address.h"
#include "mail/chars.h"

struct list_parser {
	struct arena *a;
	const char *p, *end;
	struct buf phrase, local;	/* own */
	struct buf domain, route;	/* own */
	struct buf comment;		/* own: the most recent one */
	struct address_entry *first, **last;
	size_t count;
	bool in_group;
};

static bool
is_special(char c)
{
	return char_is_in(c, "()<>[]:;@\\,.\"");
}

/* p is at '('.  Stores the text without the outer parentheses. */
static void
comment_scan(struct list_parser *lp)
{
	unsigned depth = 0;

	buf_clear(&lp->comment);
	for (; lp->p < lp->end; lp->p++) {
		char c = *lp->p;

		if (c == ')' && --depth == 0) {
			lp->p++;
			break;
		}
		if (c == '(' && depth++ == 0)
			continue;
		if (c == '\\' && lp->p + 1 < lp->end)
			c = *++lp->p;
		if (c != '\r' && c != '\n')
			buf_byte(&lp->comment, c);
	}
}

/* Skips white space and comments.  Returns true if there were any. */
static bool
space_skip(struct list_parser *lp)
{
	const char *start = lp->p;

	while (lp->p < lp->end) {
		if (*lp->p == '(')
			comment_scan(lp);
		else if (char_is_space(*lp->p))
			lp->p++;
		else
			break;
	}
	return lp->p > start;
}

/* Adds one byte of a word to both forms. */
static void
word_byte(struct list_parser *lp, char c)
{
	buf_byte(&lp->phrase, c);
	buf_byte(&lp->local, c);
}

/* p is at '"'. */
static void
quoted_scan(struct list_parser *lp)
{
	for (lp->p++; lp->p < lp->end && *lp->p != '"'; lp->p++) {
		if (*lp->p == '\r' || *lp->p == '\n')
			continue;
		if (*lp->p == '\\' && lp->p + 1 < lp->end)
			lp->p++;
		word_byte(lp, *lp->p);
	}
	if (lp->p < lp->end)
		lp->p++;
}

/* Scans words and dots up to a character that has a meaning, or the end. */
static void
words_scan(struct list_parser *lp)
{
	bool space;
	char c;

	for (;;) {
		space = space_skip(lp);
		if (lp->p == lp->end)
			return;
		c = *lp->p;
		if (char_is_in(c, "<>@,;:"))
			return;
		if (space && lp->phrase.len > 0)
			buf_byte(&lp->phrase, ' ');
		if (c == '"') {
			quoted_scan(lp);
			continue;
		}
		/* A special that is wrong here becomes part of the word. */
		do
			word_byte(lp, *lp->p++);
		while (lp->p < lp->end && !char_is_space(*lp->p) &&
		    !is_special(*lp->p));
	}
}

/* p is after '@'.  Scans a [literal], or atoms and dots. */
static void
domain_scan(struct list_parser *lp)
{
	const char *stop;

	buf_clear(&lp->domain);
	(void)space_skip(lp);
	if (lp->p < lp->end && *lp->p == '[') {
		stop = memchr(lp->p, ']', (size_t)(lp->end - lp->p));
		stop = stop == NULL ? lp->end : stop + 1;
		for (; lp->p < stop; lp->p++)
			if (!char_is_space(*lp->p))
				buf_byte(&lp->domain, *lp->p);
		return;
	}
	while (lp->p < lp->end) {
		if (*lp->p != '.' && is_special(*lp->p) && *lp->p != '(')
			return;
		if (!char_is_space(*lp->p) && *lp->p != '(') {
			buf_byte(&lp->domain, *lp->p++);
			continue;
		}
		/* White space is allowed around a dot (RFC 5322 4.4). */
		(void)space_skip(lp);
		if (lp->p == lp->end || (*lp->p != '.' &&
		    (lp->domain.len == 0 ||
		    lp->domain.data[lp->domain.len - 1] != '.')))
			return;
	}
}

static struct address_entry *
entry_add(struct list_parser *lp, enum address_kind kind)
{
	struct address_entry *e = arena_zalloc(lp->a, sizeof(*e));

	e->kind = kind;
	*lp->last = e;
	lp->last = &e->next;
	lp->count++;
	return e;
}

/* name is borrowed; it and the other parts are copied. */
static void
mailbox_add(struct list_parser *lp, struct bytes name)
{
	struct address_entry *e = entry_add(lp, ADDRESS_MAILBOX);

	e->name = bytes_dup(lp->a, name);
	e->route = bytes_dup(lp->a, buf_view(&lp->route));
	e->localpart = bytes_dup(lp->a, buf_view(&lp->local));
	e->domain = bytes_dup(lp->a, buf_view(&lp->domain));
}

/* Skips to the end of the entry; some write semicolons instead of commas. */
static void
junk_skip(struct list_parser *lp)
{
	while (lp->p < lp->end && *lp->p != ',' && *lp->p != ';') {
		if (!space_skip(lp))
			lp->p++;
	}
}

/* Scans "@a,@b:" before the address itself (RFC 5322 4.4). */
static void
route_scan(struct list_parser *lp)
{
	for (;;) {
		(void)space_skip(lp);
		if (lp->p == lp->end || *lp->p != '@')
			break;
		lp->p++;
		domain_scan(lp);
		if (lp->route.len > 0)
			buf_byte(&lp->route, ',');
		buf_byte(&lp->route, '@');
		buf_bytes(&lp->route, buf_view(&lp->domain));
		while (lp->p < lp->end && (*lp->p == ',' ||
		    char_is_space(*lp->p)))
			lp->p++;
	}
	if (lp->p < lp->end && *lp->p == ':')
		lp->p++;
}

/* p is after '<'; the name is in phrase. */
static void
angle_scan(struct list_parser *lp)
{
	struct bytes name = bytes_dup(lp->a, buf_view(&lp->phrase));

	buf_clear(&lp->phrase);
	buf_clear(&lp->local);
	buf_clear(&lp->domain);
	route_scan(lp);
	buf_clear(&lp->domain);
	words_scan(lp);
	if (lp->p < lp->end && *lp->p == '@') {
		lp->p++;
		domain_scan(lp);
	}
	while (lp->p < lp->end && *lp->p != '>' && *lp->p != ',')
		lp->p++;
	if (lp->p < lp->end && *lp->p == '>')
		lp->p++;
	junk_skip(lp);
	mailbox_add(lp, name);
}

/* Takes a mailbox without angle brackets; p is after its words. */
static void
plain_scan(struct list_parser *lp)
{
	buf_clear(&lp->domain);
	if (lp->p < lp->end && *lp->p == '@') {
		lp->p++;
		domain_scan(lp);
	}
	junk_skip(lp);
	if (lp->local.len > 0 || lp->domain.len > 0)
		mailbox_add(lp, buf_view(&lp->comment));
}

static void
entry_scan(struct list_parser *lp)
{
	char c;

	buf_clear(&lp->phrase);
	buf_clear(&lp->local);
	buf_clear(&lp->route);
	buf_clear(&lp->comment);
	words_scan(lp);
	c = lp->p == lp->end ? ',' : *lp->p;
	if (c == '<') {
		lp->p++;
		angle_scan(lp);
	} else if (c == ':' && !lp->in_group) {
		lp->p++;
		lp->in_group = true;
		entry_add(lp, ADDRESS_GROUP)->name =
		    bytes_dup(lp->a, buf_view(&lp->phrase));
		return;
	} else {
		plain_scan(lp);
	}
	if (lp->p < lp->end && *lp->p == ';' && lp->in_group) {
		lp->in_group = false;
		(void)entry_add(lp, ADDRESS_GROUP_END);
	}
	if (lp->p < lp->end)
		lp->p++;
}

struct address_entry *
address_list_parse(struct arena *a, struct bytes value)
{
	struct list_parser lp = { .a = a, .p = value.data };

	if (value.len == 0)
		return NULL;
	lp.end = value.data + value.len;
	lp.last = &lp.first;
	while (lp.p < lp.end && lp.count < ADDRESS_LIST_MAX)
		entry_scan(&lp);
	if (lp.in_group)
		(void)entry_add(&lp, ADDRESS_GROUP_END);
	buf_free(&lp.phrase);
	buf_free(&lp.local);
	buf_free(&lp.domain);
	buf_free(&lp.route);
	buf_free(&lp.comment);
	return lp.first;
}
