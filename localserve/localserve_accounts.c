/*
 * localserve_accounts - imports the accounts of localserve through the store's
 * admin socket.
 *
 * All accounts have the same password.  It is hashed once, because hashing it
 * for each of a thousand accounts would take a minute.  The lines are sent in
 * several requests in parallel, because the store commits simultaneous requests
 * together.
 */
#include <config.h>

#include <inttypes.h>

#include "base/encode.h"
#include "base/file.h"
#include "net/request_client.h"
#include "login/password.h"
#include "localserve/localserve.h"

#define CALL_TIMEOUT_MS	120000
#define CALLS		16

/* The number of users; it is kept with the store, to be removed with it. */
#define MADE_FILE	LS_STATE "/localserve-users"

struct import {
	struct request_client *client;	/* own */
	struct buf lines;		/* own */
};

/* Returns the number of users besides you@localhost, or -1 if not known. */
static int64_t
users_made(void)
{
	struct buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	int64_t made = -1;
	uint64_t n;

	if (file_read(MADE_FILE, 64, &text, &ignored) == 0 &&
	    decimal_parse(bytes_trim(buf_view(&text)), LOCALSERVE_USERS_MAX,
	    &n) == 0)
		made = (int64_t)n;
	buf_free(&text);
	return made;
}

static int
users_made_note(unsigned n, struct err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%u\n", n);
	return file_write(MADE_FILE, 0644, bytes_of(text), err);
}

static void
put_account(struct buf *out, const char *login, const char *hash)
{
	buf_printf(out, "account %s\n"
	    "password %s label=\"\" hash=\"%s\"\n"
	    "address %s account=%s\n", login, login, hash, login, login);
}

static int
import_send(struct import *im, struct err *err)
{
	struct bytes rest = buf_view(&im->lines), piece;
	struct request_writer w;

	request_begin(im->client, REQUEST_IMPORT, &w);
	if (request_send(im->client, &w, err) == -1)
		return -1;
	while (rest.len > 0) {
		piece = rest;
		if (piece.len > REQUEST_DATA_MAX)
			piece.len = REQUEST_DATA_MAX;
		if (request_data(im->client, piece, err) == -1)
			return -1;
		rest = bytes_from(rest, piece.len);
	}
	return request_data_end(im->client, err);
}

/* A row reports a line that was refused, which is an error here. */
static int
import_finish(struct import *im, struct err *err)
{
	struct request_frame m;
	int rc = request_next_frame(im->client, &m, err);

	if (rc == 1)
		return err_set(err, ERR_REFUSED, "%s",
		    request_str(&m, FIELD_REASON));
	return rc;
}

static int
imports_run(struct import *imports, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (import_send(&imports[i], err) == -1)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (import_finish(&imports[i], err) == -1)
			return -1;
	return 0;
}

/* Imports the domain first, because the next requests run in parallel. */
static int
domain_import(const char *where, struct err *err)
{
	struct import im = { request_client_new(where, CALL_TIMEOUT_MS),
	    BUF_INIT };
	int rc;

	buf_str(&im.lines, "domain " LOCALSERVE_DOMAIN "\n");
	rc = imports_run(&im, 1, err);
	request_client_free(&im.client);
	buf_free(&im.lines);
	return rc;
}

static int
users_import(const char *where, unsigned users, const char *hash,
    struct err *err)
{
	struct import imports[CALLS];
	size_t n = users < CALLS ? users + 1 : CALLS;
	char login[64];
	int rc;

	for (size_t i = 0; i < n; i++) {
		imports[i].client = request_client_new(where, CALL_TIMEOUT_MS);
		buf_init(&imports[i].lines);
	}
	put_account(&imports[0].lines, LOCALSERVE_LOGIN, hash);
	for (unsigned i = 0; i < users; i++) {
		snprintf(login, sizeof(login), "u%04u@" LOCALSERVE_DOMAIN, i);
		put_account(&imports[i % n].lines, login, hash);
	}
	rc = imports_run(imports, n, err);
	for (size_t i = 0; i < n; i++) {
		request_client_free(&imports[i].client);
		buf_free(&imports[i].lines);
	}
	return rc;
}

int
accounts_ensure(const struct localserve *ls, struct err *err)
{
	const struct settings *set = &ls->settings;
	struct password_params params = {
		.time_cost = (uint32_t)set->argon2_time,
		.memory_kib = (uint32_t)(set->argon2_memory / 1024),
		.lanes = (uint32_t)set->argon2_parallelism
	};
	const char *where = set->ctl_imapd.text;
	struct buf hash = BUF_INIT;
	int rc;

	if (users_made() >= (int64_t)ls->opt.users)
		return 0;
	rc = password_hash(&params, BYTES(LOCALSERVE_PASSWORD), &hash, err);
	if (rc == 0)
		rc = domain_import(where, err);
	if (rc == 0)
		rc = users_import(where, ls->opt.users, buf_cstr(&hash), err);
	if (rc == 0)
		rc = users_made_note(ls->opt.users, err);
	buf_free(&hash);
	return rc == 0 ? 0 : err_wrap(err, "creating accounts");
}
