/*
 * chars - character classes that the grammars of mail share
 */
#ifndef MAIL_CHARS_H
#define MAIL_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool
char_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* White space, folded or not. */
static inline bool
char_is_space(char c)
{
	return char_is_wsp(c) || c == '\r' || c == '\n';
}

static inline bool
char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
char_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is c in set?  NUL never is. */
static inline bool
char_is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/*
 * Returns the length of the comment at p, which begins with '(' (RFC 5322
 * 3.2.2), including its closing parenthesis; n if it is not closed.
 */
static inline size_t
char_comment_length(const char *p, size_t n)
{
	unsigned depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\')
			i++;
		else if (p[i] == '(')
			depth++;
		else if (p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return n;
}

/* Returns the length of the white space and comments at p. */
static inline size_t
char_cfws_length(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		if (p[i] == '(')
			i += char_comment_length(p + i, n - i);
		else if (char_is_space(p[i]))
			i++;
		else
			break;
	}
	return i;
}

#endif
