/*
 * settings_table-private - macros for the rows of the option table
 *
 * The table is split into files, one for each program or subject;
 * settings_table.c joins them.  A row is a macro named after its type.  Its
 * arguments are the name, the field of struct settings, the default, the
 * programs that read it, then RANGE and HELP.  The first row of a group also
 * has a GROUP.
 *
 * The default in a row is the one in force: no other code may replace it.
 * Where 0 or an empty value means something special, the help must say so.
 */
#ifndef CONFIG_SETTINGS_TABLE_PRIVATE_H
#define CONFIG_SETTINGS_TABLE_PRIVATE_H

#include "config/settings.h"

/* The parts of the table; each ends with a row whose name is NULL. */
extern const struct settings_option settings_common[];
extern const struct settings_option settings_tls[];
extern const struct settings_option settings_imapd[];
extern const struct settings_option settings_store[];
extern const struct settings_option settings_milter[];
extern const struct settings_option settings_dns[];
extern const struct settings_option settings_sender[];
extern const struct settings_option settings_command[];

#define IMAPD	SETTINGS_IMAPD
#define MILTER	SETTINGS_MILTER
#define ROUTER	SETTINGS_ROUTER
#define WEB	SETTINGS_WEB
#define CTL	SETTINGS_CTL
#define ALL	SETTINGS_ALL
#define RELOAD	SETTINGS_RELOAD

#define K	1024ull
#define M	(1024ull * K)
#define G	(1024ull * M)
#define SEC	1000ull
#define MIN	(60ull * SEC)
#define HOUR	(60ull * MIN)
#define DAY	(24ull * HOUR)

/* The offset of a field.  Does not compile if the field has another type. */
#define FIELD(type, field)						\
	(offsetof(struct settings, field) + 0 * sizeof(			\
	    &((struct settings *)0)->field == (type *)0))

#define GROUP(title)	.group = (title)
#define RANGE(lo, hi)	.min = (lo), .max = (hi)

#define BOOL(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_BOOL, .offset = FIELD(bool, f),	\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define NUMBER(t, n, f, def, fl, ...)					\
	{ .name = (n), .type = (t), .offset = FIELD(uint64_t, f),	\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define INT(...)	NUMBER(SETTINGS_INT, __VA_ARGS__)
#define SIZE(...)	NUMBER(SETTINGS_SIZE, __VA_ARGS__)
#define DURATION(...)	NUMBER(SETTINGS_DURATION, __VA_ARGS__)
#define MODE(...)	NUMBER(SETTINGS_MODE, __VA_ARGS__)
#define TEXT(t, n, f, def, fl, ...)					\
	{ .name = (n), .type = (t), .offset = FIELD(const char *, f),	\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define STRING(...)	TEXT(SETTINGS_STRING, __VA_ARGS__)
#define EXPRESSION(...)	TEXT(SETTINGS_EXPRESSION, __VA_ARGS__)
#define PATH(...)	TEXT(SETTINGS_PATH, __VA_ARGS__)
#define ENUM(n, f, def, names, fl, ...)					\
	{ .name = (n), .type = SETTINGS_ENUM, .offset = FIELD(int, f),	\
	  .value = (def), .values = (names), .flags = (fl), __VA_ARGS__ }
#define LIST(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_LIST,				\
	  .offset = FIELD(struct settings_list, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define LIMITS_OF(t, n, f, def, fl, ...)				\
	{ .name = (n), .type = (t),					\
	  .offset = FIELD(struct settings_limits, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define LIMITS(...)	LIMITS_OF(SETTINGS_LIMITS, __VA_ARGS__)
#define SIZE_LIMITS(...)	LIMITS_OF(SETTINGS_SIZE_LIMITS, __VA_ARGS__)
#define ADDR(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_ADDR,				\
	  .offset = FIELD(struct settings_addr, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define ADDRS(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_ADDRS,				\
	  .offset = FIELD(struct settings_addrs, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define HELP(text)	.help = text

#endif
