/* salvage - writes the accounts of a damaged store as Maildir folders. */
#include <config.h>

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "segment/tables.h"
#include "directory/account_row.h"
#include "store/store_open.h"
#include "repair/salvage-private.h"

/* The tables that are read. */
static const enum table tables[] = {
	T_META, T_ACCOUNT, T_LOGIN, T_MAILBOX, T_MAILBOX_NAME, T_MESSAGE,
	T_FLAGS, T_EXPUNGED, T_BODY_REF, T_BODY_LOC, T_BODY,
	T_SEGMENT_REF
};
#define TABLES	(sizeof(tables) / sizeof(*tables))

/* ---- reporting ---- */

static void
say(struct salvage *s, const char *fmt, va_list ap)
{
	char text[1500];

	vsnprintf(text, sizeof(text), fmt, ap);
	s->config->say(s->config->arg, text);
}

void
salvage_say(struct salvage *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(s, fmt, ap);
	va_end(ap);
}

void
salvage_lost(struct salvage_account *sa, uint64_t n, const char *fmt, ...)
{
	char what[1400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	sa->lost += n;
	salvage_say(sa->s, "account %s: %s", sa->name, what);
}

static void
progress(const struct salvage *s, const char *what)
{
	if (s->config->progress != NULL)
		s->config->progress(s->config->arg, what);
}

void
salvage_progress(const struct salvage_account *sa)
{
	char what[LOGIN_MAX + 60];

	snprintf(what, sizeof(what), "account %s, %" PRIu64 " messages",
	    sa->name, sa->written);
	progress(sa->s, what);
}

/* ---- lists of numbers ---- */

void
salvage_ids_add(struct salvage_ids *ids, uint64_t id)
{
	if (ids->n == ids->cap) {
		ids->cap = ids->cap == 0 ? 64 : ids->cap * 2;
		ids->id = reallocarray(ids->id, ids->cap, sizeof(id));
		if (ids->id == NULL)
			fatal("out of memory");
	}
	ids->id[ids->n++] = id;
}

static int
compare_ids(const void *a, const void *b)
{
	const uint64_t *one = a, *two = b;

	return *one < *two ? -1 : *one > *two;
}

void
salvage_ids_sort(struct salvage_ids *ids)
{
	size_t n = 0;

	if (ids->n == 0)
		return;
	qsort(ids->id, ids->n, sizeof(*ids->id), compare_ids);
	for (size_t i = 1; i < ids->n; i++)
		if (ids->id[i] != ids->id[n])
			ids->id[++n] = ids->id[i];
	ids->n = n + 1;
}

bool
salvage_ids_has(const struct salvage_ids *ids, uint64_t id)
{
	return ids->n > 0 && bsearch(&id, ids->id, ids->n, sizeof(id),
	    compare_ids) != NULL;
}

/* ---- tables ---- */

bool
salvage_is_damaged(const struct salvage *s, enum table t)
{
	const struct kv_pages_stat *stat = kv_pages_stat(s->pages, t);

	return stat->damaged > 0 || stat->broken > 0 || stat->pages == 0;
}

static void
tables_load(struct salvage *s)
{
	const struct kv_pages_stat *stat;
	struct err why = ERR_INIT;

	for (size_t i = 0; i < TABLES; i++) {
		progress(s, store_tables[tables[i]].name);
		if (kv_pages_load(s->pages, tables[i], &why) == -1) {
			s->lost++;
			salvage_say(s, "table %s: %s",
			    store_tables[tables[i]].name, why.text);
		}
		stat = kv_pages_stat(s->pages, tables[i]);
		if (stat->damaged == 0)
			continue;
		s->lost += (int64_t)stat->damaged;
		salvage_say(s, "table %s: %" PRIu64 " of %" PRIu64 " pages "
		    "are damaged", store_tables[tables[i]].name, stat->damaged,
		    stat->pages);
	}
}

static void
broken_report(struct salvage *s)
{
	for (size_t i = 0; i < TABLES; i++)
		if (kv_pages_stat(s->pages, tables[i])->broken > 0) {
			s->lost++;
			salvage_say(s, "table %s: records on intact pages were "
			    "damaged", store_tables[tables[i]].name);
		}
}

/* Refuses a newer format.  If the format cannot be read, assumes ours. */
static int
format_check(struct salvage *s, struct err *err)
{
	struct buf value = BUF_INIT;
	uint64_t format = 0;
	int rc;

	rc = reader_get(s->r, T_META, BYTES("format"), &value, err);
	if (rc == 1)
		rc = decimal_parse(buf_view(&value), UINT32_MAX, &format);
	buf_free(&value);
	if (rc == 0 && format > STORE_FORMAT)
		return err_set(err, ERR_REFUSED, "the store has format %u, "
		    "made by a newer version; this one knows up to %d",
		    (unsigned)format, STORE_FORMAT);
	return 0;
}

/* ---- accounts ---- */

struct login_search {
	uint64_t account;
	char *login;			/* of LOGIN_MAX + 1 bytes */
};

static int
take_login(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct login_search *w = arg;
	struct err ignored = ERR_INIT;
	uint64_t account;

	if (login_row_decode(value, &account, &ignored) == -1 ||
	    account != w->account || key.len == 0 || key.len > LOGIN_MAX ||
	    memchr(key.data, '\0', key.len) != NULL)
		return 0;
	memcpy(w->login, key.data, key.len);
	w->login[key.len] = '\0';
	return 1;
}

/* Finds the account's login.  Returns 1, 0 if it is deleted, -1 on error. */
static int
account_name(struct salvage_account *sa, struct err *err)
{
	struct login_search w = { sa->id, sa->name };
	struct buf value = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct account acc;
	struct key k;
	int rc;

	key_account(&k, sa->id);
	rc = reader_get(sa->s->r, T_ACCOUNT, key_bytes(&k), &value, &ignored);
	if (rc == 1)
		rc = account_row_decode(buf_view(&value), sa->id, &acc,
		    &ignored) == -1 ? -1 : 1;
	buf_free(&value);
	snprintf(sa->name, sizeof(sa->name), "%016" PRIx64, sa->id);
	if (rc == 1 && !acc.dead && *acc.login != '\0')
		snprintf(sa->name, sizeof(sa->name), "%s", acc.login);
	if (rc == 1)
		return !acc.dead;
	if (reader_scan(sa->s->r, T_LOGIN, BYTES(""), BYTES(""), take_login,
	    &w, err) == -1)
		return -1;
	salvage_lost(sa, 1, "its record is lost");
	return 1;
}

/* Makes the name of a folder from a login. */
static void
folder_name_add(const char *login, struct buf *out)
{
	const char *p = login;

	for (; *p != '\0'; p++)
		if (*p == '/' || *p == '%' || (*p == '.' && p == login))
			buf_printf(out, "%%%02X", (unsigned char)*p);
		else
			buf_byte(out, *p);
}

static void
account_report(struct salvage_account *sa)
{
	struct salvage *s = sa->s;

	s->written += sa->written;
	s->lost += (int64_t)(sa->lost + sa->unchecked + sa->unflagged);
	if (sa->unchecked > 0)
		salvage_say(s, "account %s: %" PRIu64 " messages are written "
		    "unchecked: their checksums are lost", sa->name,
		    sa->unchecked);
	if (sa->unflagged > 0)
		salvage_say(s, "account %s: the flags of %" PRIu64 " messages "
		    "are lost; some of them may have been expunged", sa->name,
		    sa->unflagged);
	salvage_say(s, "account %s: %" PRIu64 " messages in %u mailboxes "
	    "written, %" PRIu64 " lost", sa->name, sa->written, sa->mailboxes,
	    sa->lost);
}

static int
account_write(struct salvage *s, uint64_t id, struct err *err)
{
	struct salvage_account sa = { .s = s, .id = id };
	int rc;

	if ((rc = account_name(&sa, err)) != 1)
		return rc;
	salvage_progress(&sa);
	buf_printf(&sa.path, "%s/", s->config->out);
	folder_name_add(sa.name, &sa.path);
	buf_str(&sa.path, "/Maildir");
	rc = file_mkdirs(buf_cstr(&sa.path), 0700, err);
	if (rc == 0)
		rc = salvage_mailboxes(&sa, err);
	if (rc == 0)
		account_report(&sa);
	free(sa.bodies.id);
	buf_free(&sa.path);
	return rc;
}

static int
note_account(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct salvage_ids *ids = arg;
	uint64_t id;

	if (key.len < 8)
		return 0;
	id = be64_get(key.data);
	if (ids->n == 0 || ids->id[ids->n - 1] != id)
		salvage_ids_add(ids, id);
	return 0;
}

static int
accounts_write(struct salvage *s, struct err *err)
{
	static const enum table others[] = {
		T_MAILBOX, T_MESSAGE, T_BODY_REF
	};
	struct salvage_ids ids = { .n = 0 };
	int rc;

	rc = reader_scan(s->r, T_ACCOUNT, BYTES(""), BYTES(""), note_account,
	    &ids, err);
	if (salvage_is_damaged(s, T_ACCOUNT))
		for (size_t i = 0; i < sizeof(others) / sizeof(*others) &&
		    rc == 0; i++)
			rc = reader_scan(s->r, others[i], BYTES(""),
			    BYTES(""), note_account, &ids, err);
	salvage_ids_sort(&ids);
	for (size_t i = 0; i < ids.n && rc == 0; i++)
		rc = account_write(s, ids.id[i], err);
	free(ids.id);
	return rc;
}

/* ---- the whole store ---- */

/* Takes the lock, if there is a lock file, without writing to it.  Returns -1
   if a process holds it.  *fd is -1 if there is no file. */
static int
lock_take(const char *dir, int *fd, struct err *err)
{
	char *path = NULL;
	int rc = 0;

	if (asprintf(&path, "%s/" STORE_LOCK, dir) == -1)
		fatal("out of memory");
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd == -1 && errno != ENOENT)
		rc = err_sys(err, ERR_REFUSED, "cannot open '%s'", path);
	else if (*fd != -1 && flock(*fd, LOCK_EX | LOCK_NB) == -1)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_IN_USE, "the store "
		    "in '%s' is open: process %ld holds its lock", dir,
		    (long)file_read_pid(path));
	free(path);
	return rc;
}

/* Flushes everything, so that it is on disk before we say so. */
static int
out_sync(const char *out, struct err *err)
{
	int fd = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd == -1 || syncfs(fd) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot flush '%s'", out);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
store_write(struct salvage *s, struct err *err)
{
	tables_load(s);
	if (format_check(s, err) == -1 ||
	    kv_backup_prepare(s->config->out, err) == -1 ||
	    accounts_write(s, err) == -1)
		return -1;
	broken_report(s);
	return out_sync(s->config->out, err);
}

int64_t
store_salvage(const struct salvage_config *config, struct err *err)
{
	struct salvage s = { .config = config };
	char *home = NULL;
	int fd = -1, rc;

	if (asprintf(&home, "%s/" STORE_HOME, config->dir) == -1)
		fatal("out of memory");
	if (access(home, F_OK) == -1)
		rc = err_sys(err, ERR_REFUSED, "there is no store in '%s'",
		    config->dir);
	else if ((rc = lock_take(config->dir, &fd, err)) == 0) {
		s.pages = kv_pages_new(home, store_tables, TABLE_COUNT);
		s.r = kv_pages_reader(s.pages);
		rc = store_write(&s, err);
	}
	kv_pages_free(&s.pages);
	if (fd != -1)
		close(fd);
	free(home);
	return rc == -1 ? -1 : s.lost;
}
