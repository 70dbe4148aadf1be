/* kv_verify - checks the pages of a table's file with Berkeley DB's verify. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "kv/kv-private.h"

/* Where the faults go that Berkeley DB reports. */
struct listener {
	const char *name;	/* of the table */
	int64_t faults;
	void (*report)(void *arg, const char *fault);
	void *arg;
};

static void
tell(struct listener *l, const char *text)
{
	char fault[600];

	snprintf(fault, sizeof(fault), "table %s: %s", l->name,
	    text);
	l->faults++;
	l->report(l->arg, fault);
}

static void
hear(const DB_ENV *env, const char *prefix, const char *text)
{
	tell(env->app_private, text);
}

int64_t
kv_verify_table(const char *home, const char *name,
    void (*report)(void *arg, const char *fault), void *arg, struct err *err)
{
	struct listener l = { name, 0, report, arg };
	char *path = NULL;
	DB *db;
	int rc;

	if (asprintf(&path, "%s/" KV_DATA "/%s.db", home,
	    name) == -1)
		fatal("out of memory");
	if ((rc = db_create(&db, NULL, 0)) != 0) {
		free(path);
		return err_set(err, ERR_INTERNAL, "cannot open table '%s': %s",
		    name, db_strerror(rc));
	}
	db->dbenv->app_private = &l;
	db->set_errcall(db, hear);
	/* verify() closes the handle whatever it returns. */
	rc = db->verify(db, path, NULL, NULL, 0);
	free(path);
	if (rc != 0 && l.faults == 0)
		tell(&l, db_strerror(rc));
	return l.faults;
}
