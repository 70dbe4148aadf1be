/*
 * dns_unbound - a libunbound context and the thread that serves it
 *
 * libunbound has its own thread, which sends results through a pipe.  Our
 * thread reads them, and gives up questions that are too old.  Questions in
 * progress are in a list, in the order they were sent; this is also the order
 * of their deadlines, because all have the same time.
 *
 * A resolver that was replaced ends when its last question is answered.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <unbound.h>

#include "base/thread.h"
#include "net/dns-private.h"
#include "net/dns_data.h"

#define RCODE_NXDOMAIN	3
#define CLASS_IN	1
#define RESOLV_CONF	"/etc/resolv.conf"

/* ---- questions in progress ------------------------------------------- */

bool
dns_resolver_reserve(struct dns_resolver *r)
{
	bool may;

	pthread_mutex_lock(&r->lock);
	may = r->pending < r->pending_max;
	r->pending += may;
	pthread_mutex_unlock(&r->lock);
	return may;
}

static void
wake(const struct dns_resolver *r)
{
	/* If the pipe is full, the thread is going to wake anyway. */
	while (write(r->wake[1], "", 1) == -1 && errno == EINTR)
		;
}

/* The caller of these two must hold the lock. */
static void
list_add(struct dns_resolver *r, struct dns_entry *e)
{
	e->list_prev = r->last;
	if (r->last == NULL)
		r->first = e;
	else
		r->last->list_next = e;
	r->last = e;
}

static void
list_remove(struct dns_resolver *r, struct dns_entry *e)
{
	if (e->list_prev != NULL)
		e->list_prev->list_next = e->list_next;
	else
		r->first = e->list_next;
	if (e->list_next != NULL)
		e->list_next->list_prev = e->list_prev;
	else
		r->last = e->list_prev;
}

/* Converts a result.  The list of records is in the arena, their bytes belong
   to libunbound. */
static void
answer_of(struct arena *a, const struct ub_result *result,
    struct dns_answer *answer)
{
	size_t n = 0;

	if (result->bogus) {
		answer->bogus = true;
		return;
	}
	answer->secure = result->secure;
	answer->ttl = result->ttl > 0 ? (uint32_t)result->ttl : 0;
	if (result->nxdomain || result->rcode == RCODE_NXDOMAIN)
		answer->status = DNS_NXDOMAIN;
	else if (result->rcode == 0)
		answer->status = DNS_NODATA;
	if (!result->havedata || result->data == NULL)
		return;
	while (result->data[n] != NULL)
		n++;
	if (n == 0)
		return;
	answer->status = DNS_OK;
	answer->n = n;
	answer->rdata = arena_array(a, n, sizeof(*answer->rdata));
	for (size_t i = 0; i < n; i++)
		answer->rdata[i] = bytes_make(result->data[i],
		    (size_t)result->len[i]);
}

/* Called by libunbound, in our thread. */
static void
answered(void *arg, int error, struct ub_result *result)
{
	struct dns_answer answer = { .status = DNS_SERVFAIL };
	struct dns_entry *e = arg;
	struct arena a;

	pthread_mutex_lock(&e->resolver->lock);
	list_remove(e->resolver, e);
	e->resolver->pending--;
	pthread_mutex_unlock(&e->resolver->lock);
	arena_init(&a);
	if (error == 0 && result != NULL)
		answer_of(&a, result, &answer);
	dns_entry_finish(e, &answer);
	arena_clear(&a);
	ub_resolve_free(result);
}

/* Fails a question that could not be sent.  The reserved place keeps the
   resolver until then. */
static void
fail(struct dns_resolver *r, struct dns_entry *e)
{
	static const struct dns_answer failed = { .status = DNS_SERVFAIL };

	dns_entry_finish(e, &failed);
	pthread_mutex_lock(&r->lock);
	r->pending--;
	wake(r);
	pthread_mutex_unlock(&r->lock);
}

/*
 * The lock is held while libunbound takes the question, so that our thread
 * cannot handle its answer or give it up before it has its id.  libunbound's
 * thread never waits for ours.  After the lock is released the question may be
 * done, and a replaced resolver may have been freed.
 */
void
dns_resolver_ask(struct dns_resolver *r, struct dns_entry *e)
{
	struct arena a;
	bool was_empty;
	char *name;
	int error;

	arena_init(&a);
	name = dns_name_text(&a, &e->key.name);
	pthread_mutex_lock(&r->lock);
	was_empty = r->first == NULL;
	list_add(r, e);
	error = ub_resolve_async(r->ctx, name, e->key.type, CLASS_IN, e,
	    answered, &e->id);
	if (error != 0)
		list_remove(r, e);
	else if (was_empty)
		wake(r);
	pthread_mutex_unlock(&r->lock);
	arena_clear(&a);
	if (error != 0)
		fail(r, e);
}

/* ---- the thread ------------------------------------------------------ */

/*
 * Takes the oldest question from the list, if it is too old or if all are given
 * up.  Returns NULL if there is none.
 */
static struct dns_entry *
take_overdue(struct dns_resolver *r)
{
	struct dns_entry *e;

	pthread_mutex_lock(&r->lock);
	e = r->first;
	if (e != NULL && !r->stopping && e->give_up > dns_now())
		e = NULL;
	if (e != NULL) {
		list_remove(r, e);
		r->pending--;
	}
	pthread_mutex_unlock(&r->lock);
	return e;
}

static void
give_up_overdue(struct dns_resolver *r)
{
	static const struct dns_answer timeout = { .status = DNS_TIMEOUT };
	struct dns_entry *e;

	while ((e = take_overdue(r)) != NULL) {
		(void)ub_cancel(r->ctx, e->id);
		dns_entry_finish(e, &timeout);
	}
}

/* Returns the time-out for poll(), in ms: until the oldest question must be
   given up. */
static int
time_left(struct dns_resolver *r)
{
	uint64_t now = dns_now();
	int ms = -1;

	pthread_mutex_lock(&r->lock);
	if (r->first != NULL)
		ms = r->first->give_up <= now ? 0 :
		    (int)(r->first->give_up - now) + 1;
	pthread_mutex_unlock(&r->lock);
	return ms;
}

static bool
may_end(struct dns_resolver *r)
{
	bool may;

	pthread_mutex_lock(&r->lock);
	may = r->closing && r->pending == 0;
	r->ended = may;
	pthread_mutex_unlock(&r->lock);
	return may;
}

static void *
serve(void *arg)
{
	struct dns_resolver *r = arg;
	struct pollfd fds[2] = {
		{ .fd = ub_fd(r->ctx), .events = POLLIN },
		{ .fd = r->wake[0], .events = POLLIN }
	};
	char drain[64];

	do {
		(void)poll(fds, 2, time_left(r));
		if (fds[1].revents != 0 &&
		    read(r->wake[0], drain, sizeof(drain)) == -1)
			fds[1].revents = 0;
		if (fds[0].revents != 0)
			(void)ub_process(r->ctx);
		give_up_overdue(r);
	} while (!may_end(r));
	return NULL;
}

void
dns_resolver_close(struct dns_resolver *r, bool stop)
{
	if (r->ctx == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->closing = true;
	r->stopping = r->stopping || stop;
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

bool
dns_resolver_has_ended(struct dns_resolver *r)
{
	bool has;

	if (r->ctx == NULL)
		return true;
	pthread_mutex_lock(&r->lock);
	has = r->ended;
	pthread_mutex_unlock(&r->lock);
	return has;
}

void
dns_resolver_free(struct dns_resolver **out)
{
	struct dns_resolver *r = *out;

	if (r->ctx != NULL) {
		(void)pthread_join(r->thread, NULL);
		ub_ctx_delete(r->ctx);
		(void)close(r->wake[0]);
		(void)close(r->wake[1]);
		pthread_mutex_destroy(&r->lock);
	}
	dns_data_free(&r->data);
	free(r);
	*out = NULL;
}

/* ---- the context ----------------------------------------------------- */

static int
complain(struct err *err, int error, const char *what, const char *value)
{
	return err_set(err, ERR_TEMP, "cannot set up the DNS resolver: "
	    "%s '%s': %s", what, value, ub_strerror(error));
}

static const struct {
	const char *name;
	const char *value;
} options[] = {
	/* Allow forwarders on this host, such as a caching resolver. */
	{ "do-not-query-localhost:", "no" },
	/* Send the next question even to a server that was unreachable. */
	{ "infra-keep-probing:", "yes" },
	/* Leave local networks to the site's resolver. */
	{ "unblock-lan-zones:", "yes" },
	{ "insecure-lan-zones:", "yes" }
};

/* Is this "127.0.0.1@5353" or an address? */
static bool
is_forwarder(const char *text)
{
	const char *at = strchr(text, '@');
	struct addr addr;
	size_t n = at == NULL ? strlen(text) : (size_t)(at - text);

	if (addr_parse(bytes_make(text, n), &addr) == -1)
		return false;
	if (at == NULL)
		return true;
	n = strlen(at + 1);
	return n > 0 && n < 6 && strspn(at + 1, "0123456789") == n;
}

static int
set_servers(struct ub_ctx *ctx, const char *resolver, struct err *err)
{
	int error;

	if (strcmp(resolver, "recursive") == 0)
		return 0;
	if (strcmp(resolver, "system") == 0) {
		/* Without the file, use this host (resolv.conf(5)). */
		error = access(RESOLV_CONF, R_OK) == 0 ?
		    ub_ctx_resolvconf(ctx, RESOLV_CONF) :
		    ub_ctx_set_fwd(ctx, "127.0.0.1");
		return error == 0 ? 0 :
		    complain(err, error, "servers of", RESOLV_CONF);
	}
	if (!is_forwarder(resolver))
		return err_set(err, ERR_SYNTAX, "resolver '%s' is not system, "
		    "recursive or ADDRESS@PORT", resolver);
	error = ub_ctx_set_fwd(ctx, resolver);
	return error == 0 ? 0 : complain(err, error, "resolver", resolver);
}

static int
set_options(struct ub_ctx *ctx, const struct settings *s, struct err *err)
{
	int error;

	/* Discard its messages. */
	(void)ub_ctx_debugout(ctx, NULL);
	if ((error = ub_ctx_async(ctx, 1)) != 0)
		return complain(err, error, "option", "async");
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		/* Older versions lack some options; none is essential. */
		(void)ub_ctx_set_option(ctx, options[i].name,
		    options[i].value);
	if (*s->trust_anchor != '\0' &&
	    (error = ub_ctx_add_ta_file(ctx, s->trust_anchor)) != 0)
		return complain(err, error, "trust-anchor", s->trust_anchor);
	return set_servers(ctx, s->resolver, err);
}

static void
ignore(void *arg, int error, struct ub_result *result)
{
	ub_resolve_free(result);
}

/*
 * libunbound checks its configuration and starts its thread at the first
 * question.  So ask for a name that it answers itself, with signals blocked for
 * that thread.
 */
static int
begin(struct dns_resolver *r, const struct settings *s, struct err *err)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = ub_resolve_async(r->ctx, "localhost", DNS_A, CLASS_IN, NULL,
	    ignore, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error != 0)
		return complain(err, error, "resolver", s->resolver);
	return 0;
}

static int
set_pipe(struct dns_resolver *r, struct err *err)
{
	if (pipe(r->wake) == -1)
		return err_sys(err, ERR_TEMP, "cannot make a pipe");
	for (int i = 0; i < 2; i++)
		if (fcntl(r->wake[i], F_SETFL, O_NONBLOCK) == -1 ||
		    fcntl(r->wake[i], F_SETFD, FD_CLOEXEC) == -1)
			return err_sys(err, ERR_TEMP, "cannot set up a pipe");
	return 0;
}

static int
start(struct dns_resolver *r, const struct settings *s, struct err *err)
{
	if (set_pipe(r, err) == -1 || set_options(r->ctx, s, err) == -1 ||
	    begin(r, s, err) == -1)
		return -1;
	pthread_mutex_init(&r->lock, NULL);
	if (thread_start(&r->thread, "resolver", serve, r, err) == -1) {
		pthread_mutex_destroy(&r->lock);
		return -1;
	}
	return 0;
}

static void
data_source(void *arg, struct arena *a, const struct dns_name *name,
    enum dns_type type, struct dns_answer *answer)
{
	dns_data_answer(arg, a, name, type, answer);
}

static int
start_data(struct dns_resolver *r, const char *path, struct err *err)
{
	if (dns_data_read(path, &r->data, err) == -1)
		return -1;
	r->source = data_source;
	r->source_arg = r->data;
	return 0;
}

int
dns_resolver_new(struct dns *dns, const struct settings *s,
    struct dns_resolver **out, struct err *err)
{
	struct dns_resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		fatal("out of memory");
	*r = (struct dns_resolver){ .dns = dns, .wake = { -1, -1 },
	    .deadline_ms = s->dns_deadline_ms,
	    .ttl_max_ms = s->dns_cache_ttl_max_ms,
	    .error_ms = s->dns_cache_error_ms,
	    .cache_size = s->dns_cache_size / DNS_SHARDS,
	    .pending_max = s->dns_questions_max };
	*out = r;
	if (*s->dns_data != '\0') {
		if (start_data(r, s->dns_data, err) == 0)
			return 0;
	} else if ((r->ctx = ub_ctx_create()) == NULL) {
		(void)err_set(err, ERR_TEMP, "cannot set up the DNS resolver");
	} else if (start(r, s, err) == 0) {
		return 0;
	}
	if (r->ctx != NULL)
		ub_ctx_delete(r->ctx);
	for (int i = 0; i < 2; i++)
		if (r->wake[i] != -1)
			(void)close(r->wake[i]);
	free(r);
	return -1;
}
