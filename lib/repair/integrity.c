/* integrity - checks a store: pages, the site's tables, then each account. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "segment/tables.h"
#include "directory/account_row.h"
#include "directory/address_row.h"
#include "directory/domain.h"
#include "directory/login_name.h"
#include "directory/site_secret.h"
#include "store/store_open.h"
#include "repair/integrity-private.h"
#include "repair/integrity.h"

/* ---- reporting ---- */

void
integrity_fault(struct integrity *v, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->faults++;
	v->report(v->arg, text);
}

void
integrity_progress(struct integrity *v, const char *what)
{
	if (v->progress != NULL)
		v->progress(v->arg, what);
}

void *
integrity_grow(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap == 0 ? 64 : *cap * 2;
	if ((array = reallocarray(array, *cap, size)) == NULL)
		fatal("out of memory");
	return array;
}

/* ---- the site's tables ---- */

static int
check_meta(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct integrity *v = arg;

	/* The format was checked when the store was opened. */
	if (bytes_eq_str(key, "format") || bytes_eq_str(key, "disk-trial"))
		return 0;
	if (!bytes_eq_str(key, SITE_SECRET_ROW))
		integrity_fault(v, "table meta has an unknown row '" BYTES_FMT
		    "'", BYTES_ARG(key));
	else if (value.len != SITE_SECRET_LEN)
		integrity_fault(v, "the site's secret has %zu bytes",
		    value.len);
	return 0;
}

static int
check_login(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	char canonical[LOGIN_MAX + 1];
	struct integrity *v = arg;
	struct err why = ERR_INIT;
	uint64_t account;

	if (login_row_decode(value, &account, &why) == -1)
		integrity_fault(v, "login '" BYTES_FMT "': %s", BYTES_ARG(key),
		    why.text);
	else if (login_canonical(key, canonical, &why) == -1 ||
	    !bytes_eq_str(key, canonical))
		integrity_fault(v, "login '" BYTES_FMT "' is not in canonical "
		    "form", BYTES_ARG(key));
	return 0;
}

static int
check_domain(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct integrity *v = arg;
	struct err why = ERR_INIT;
	struct domain d;

	if (domain_row_decode(value, key, &d, &why) == -1)
		integrity_fault(v, "domain '" BYTES_FMT "': %s", BYTES_ARG(key),
		    why.text);
	for (size_t i = 0; i < key.len; i++)
		if (key.data[i] >= 'A' && key.data[i] <= 'Z') {
			integrity_fault(v, "domain '" BYTES_FMT "' is not in "
			    "lower case", BYTES_ARG(key));
			break;
		}
	return 0;
}

/* Checks that the domain of an address exists. */
static int
check_address_domain(struct integrity *v, struct bytes address, struct err *err)
{
	struct buf value = BUF_INIT;
	size_t at = address.len;
	int rc;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	if (at == 0) {
		integrity_fault(v, "address '" BYTES_FMT "' has no domain",
		    BYTES_ARG(address));
		return 0;
	}
	rc = reader_get(v->r, T_DOMAIN, bytes_make(address.data + at,
	    address.len - at), &value, err);
	if (rc == 0)
		integrity_fault(v,
		    "address '" BYTES_FMT "' is in a domain that "
		    "does not exist",
		    BYTES_ARG(address));
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

static int
check_address(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct integrity *v = arg;
	struct err why = ERR_INIT;
	struct address addr;
	struct arena a;

	arena_init(&a);
	if (address_row_decode(value, key, &a, &addr, &why) == -1)
		integrity_fault(v, "address '" BYTES_FMT "': %s",
		    BYTES_ARG(key), why.text);
	arena_clear(&a);
	return check_address_domain(v, key, err);
}

static int
check_site(struct integrity *v, struct err *err)
{
	static const struct {
		enum table t;
		scan_fn *check;
	} rows[] = {
		{ T_META, check_meta }, { T_LOGIN, check_login },
		{ T_DOMAIN, check_domain }, { T_ADDRESS, check_address }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		integrity_progress(v, store_tables[rows[i].t].name);
		if (reader_scan(v->r, rows[i].t, BYTES(""), BYTES(""),
		    rows[i].check, v, err) == -1)
			return -1;
	}
	return integrity_dmarc(v, err);
}

/* ---- accounts ---- */

struct accounts {
	struct integrity *v;
	uint64_t *id;			/* own; ascending */
	size_t n, cap;
};

static int
note_account(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct accounts *all = arg;

	if (key.len != 8) {
		integrity_fault(all->v, "table account has a key of %zu bytes",
		    key.len);
		return 0;
	}
	all->id = integrity_grow(all->id, all->n, &all->cap, sizeof(*all->id));
	all->id[all->n++] = be64_get(key.data);
	return 0;
}

static bool
account_is_known(const struct accounts *all, uint64_t id)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (all->id[middle] == id)
			return true;
		if (all->id[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Stores the first key of a scan. */
static int
first_key(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	buf_bytes(arg, key);
	return 1;
}

/* Checks whether the table has records of accounts that do not exist. */
static int
check_orphans(struct accounts *all, enum table t, struct err *err)
{
	const char *name = store_tables[t].name;
	struct buf key = BUF_INIT;
	uint64_t account;
	struct key from;
	int rc = 1;

	key_account(&from, 0);
	while (rc == 1) {
		buf_clear(&key);
		rc = reader_scan(all->v->r, t, key_bytes(&from), BYTES(""),
		    first_key, &key, err);
		if (rc != 1)
			break;
		if (key.len < 8) {
			integrity_fault(all->v,
			    "table %s has a key of %zu bytes", name, key.len);
			key_init(&from);
			key_rest(&from, buf_view(&key));
			key_u8(&from, 0);
			continue;
		}
		account = be64_get(key.data);
		if (!account_is_known(all, account))
			integrity_fault(all->v,
			    "table %s has records of account "
			    "%016llx, which does not exist",
			    name, (unsigned long long)account);
		if (account == UINT64_MAX)
			break;
		key_account(&from, account + 1);
	}
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}

static int
check_account(struct accounts *all, uint64_t id, struct err *err)
{
	struct integrity *v = all->v;
	struct buf value = BUF_INIT;
	struct err why = ERR_INIT;
	struct account acc;
	struct key k;
	int rc;

	key_account(&k, id);
	rc = reader_get(v->r, T_ACCOUNT, key_bytes(&k), &value, err);
	if (rc == 1 && account_row_decode(buf_view(&value), id, &acc,
	    &why) == -1) {
		integrity_fault(v, "account %016llx: %s",
		    (unsigned long long)id, why.text);
		rc = 0;
	}
	buf_free(&value);
	return rc == 1 ? integrity_account(v, &acc, err) : rc;
}

static int
check_accounts(struct integrity *v, struct err *err)
{
	struct accounts all = { .v = v };
	int rc;

	integrity_progress(v, store_tables[T_ACCOUNT].name);
	rc = reader_scan(v->r, T_ACCOUNT, BYTES(""), BYTES(""), note_account,
	    &all, err);
	for (int t = 0; t < TABLE_COUNT && rc == 0; t++)
		if ((store_tables[t].flags & TABLE_BY_ACCOUNT) &&
		    t != T_ACCOUNT)
			rc = check_orphans(&all, (enum table)t, err);
	for (size_t i = 0; i < all.n && rc == 0; i++)
		rc = check_account(&all, all.id[i], err);
	free(all.id);
	return rc;
}

/* ---- the whole store ---- */

int
integrity_contents(struct integrity *v, struct err *err)
{
	int rc;

	v->r = kv_latest(v->kv);
	if (check_site(v, err) == -1)
		return -1;
	rc = integrity_segments_begin(v, err);
	if (rc == 0)
		rc = check_accounts(v, err);
	if (rc == 0)
		integrity_segments_end(v);
	integrity_segments_free(v);
	return rc;
}

static int
is_store(const char *dir, struct err *err)
{
	char *path = NULL;
	int rc;

	if (asprintf(&path, "%s/" STORE_HOME, dir) == -1)
		fatal("out of memory");
	rc = access(path, F_OK);
	free(path);
	if (rc == -1)
		return err_sys(err, ERR_REFUSED, "there is no store in '%s'",
		    dir);
	return 0;
}

/* Lets Berkeley DB check the pages of every table. */
static int
check_pages(struct integrity *v, const struct store_config *config,
    struct log *log, struct err *err)
{
	char *home = NULL;
	int64_t faults = 0;

	/* Opening it runs recovery; closing it writes all pages. */
	if (store_open_kv(config, log, true, &v->kv, err) == -1)
		return -1;
	kv_close(&v->kv);
	if (asprintf(&home, "%s/" STORE_HOME, config->dir) == -1)
		fatal("out of memory");
	integrity_progress(v, "pages");
	for (int t = 0; t < TABLE_COUNT && faults >= 0; t++) {
		int64_t n = kv_verify_table(home,
		    store_tables[t].name, v->report, v->arg, err);

		faults = n == -1 ? -1 : faults + n;
	}
	free(home);
	if (faults > 0)
		v->faults += faults;
	return faults == -1 ? -1 : 0;
}

int64_t
integrity_check(const struct store_config *config, struct log *log,
    void (*report)(void *arg, const char *fault),
    void (*progress)(void *arg, const char *what), void *arg, struct err *err)
{
	struct integrity v = { .report = report, .progress = progress,
	    .arg = arg };
	char *home = NULL;
	int lock, rc;

	if (is_store(config->dir, err) == -1 ||
	    (lock = store_lock(config->dir, err)) == -1)
		return -1;
	if (asprintf(&home, "%s/" STORE_HOME, config->dir) == -1)
		fatal("out of memory");
	v.home = home;
	rc = check_pages(&v, config, log, err);
	/* Reading a damaged page would end the process. */
	if (rc == 0 && v.faults == 0)
		rc = store_open_kv(config, log, true, &v.kv, err);
	if (rc == 0 && v.kv != NULL)
		rc = integrity_contents(&v, err);
	kv_close(&v.kv);
	free(home);
	close(lock);
	return rc == -1 ? -1 : v.faults;
}
