/*
 * session - the callbacks of libmilter
 *
 * Gathers what is seen of a connection and of each message on it, keeps the
 * message in a spool, and at its end asks imapd for each recipient.  A
 * message for one of ours gets its origin sealed into the header; whatever
 * Postern-Origin came from outside goes, whoever sent it.  When imapd cannot
 * be asked the answer is 451: never an unjudged accept.
 */
#include <config.h>

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>

#include "mail/address.h"
#include "milter/milter.h"
#include "proto/store_ops.h"

#define RECIPIENTS_MAX	10000	/* more than any MTA passes */

/* What belongs to one message. */
struct message {
	struct arena arena;
	struct bytes mail_from;
	bool has_mail_from;
	struct bytes *recipients;
	size_t nrecipients, recipients_cap;
	struct bytes from[ORIGIN_FROM_MAX];
	size_t nfrom;
	unsigned forged;		/* Postern-Origin fields that came */
	struct buf header;		/* at most STORE_HEADER_MAX bytes */
	struct spool *spool;
	bool failed;			/* answered at its end: */
	struct err err;
};

struct session {
	struct log log;
	struct arena arena;
	struct bytes client_ip, client_name, helo;
	struct message message;
};

static void
message_clear(struct message *m)
{
	spool_free(&m->spool);
	buf_free(&m->header);
	arena_clear(&m->arena);
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena);
}

static struct session *
session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

/* A macro's value, or empty. */
static struct bytes
macro(SMFICTX *ctx, const char *name)
{
	char copy[64];
	const char *v;

	(void)snprintf(copy, sizeof(copy), "%s", name);
	v = smfi_getsymval(ctx, copy);
	return v == NULL ? BYTES("") : bytes_of(v);
}

/* "<a@b>" as a@b. */
static struct bytes
strip_brackets(struct bytes path)
{
	if (path.len >= 2 && path.data[0] == '<' &&
	    path.data[path.len - 1] == '>')
		return bytes_make(path.data + 1, path.len - 2);
	return path;
}

static sfsistat
refuse_for_now(SMFICTX *ctx, const char *text)
{
	char code[] = "451", enhanced[] = "4.3.0", copy[200];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	(void)smfi_setreply(ctx, code, enhanced, copy);
	return SMFIS_TEMPFAIL;
}

/* ---- connection ---- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2, unsigned long f3, unsigned long *pactions,
    unsigned long *psteps, unsigned long *pf2, unsigned long *pf3)
{
	/* So that nobody has to set milter_*_macros in main.cf. */
	static char connect_macros[] =
	    "j {daemon_name} {daemon_port} {client_ptr} {client_port}";
	static char helo_macros[] = "{tls_version} {cipher}";
	static char mail_macros[] = "i {auth_type} {auth_authen}";
	static char rcpt_macros[] = "i {rcpt_mailer} {rcpt_host}";
	static char eom_macros[] = "i {msg_id}";
	/* Stages that always go on need no answer on the wire. */
	const unsigned long wanted = SMFIP_NR_HELO | SMFIP_NR_MAIL |
	    SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN | SMFIP_NR_EOH |
	    SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC;

	*pactions = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS);
	*psteps = steps & wanted;
	*pf2 = *pf3 = 0;
	if ((steps & wanted) != wanted ||
	    (*pactions & SMFIF_CHGHDRS) == 0) {
		log_error(&milter.log, "this MTA's milter protocol is too "
		    "old: version 6 is needed");
		return SMFIS_REJECT;
	}
	(void)smfi_setsymlist(ctx, SMFIM_CONNECT, connect_macros);
	(void)smfi_setsymlist(ctx, SMFIM_HELO, helo_macros);
	(void)smfi_setsymlist(ctx, SMFIM_ENVFROM, mail_macros);
	(void)smfi_setsymlist(ctx, SMFIM_ENVRCPT, rcpt_macros);
	(void)smfi_setsymlist(ctx, SMFIM_EOM, eom_macros);
	return SMFIS_CONTINUE;
}

static struct bytes
address_text(struct arena *a, const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (sa != NULL && sa->sa_family == AF_INET)
		(void)inet_ntop(AF_INET,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    text, sizeof(text));
	else if (sa != NULL && sa->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)(const void *)sa)
		    ->sin6_addr, text, sizeof(text));
	return bytes_dup(a, bytes_of(text));
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa)
{
	struct session *s;

	if (__atomic_add_fetch(&milter.sessions, 1, __ATOMIC_RELAXED) >
	    milter_settings()->milter_sessions_max) {
		__atomic_sub_fetch(&milter.sessions, 1, __ATOMIC_RELAXED);
		log_warn(&milter.log, "too many sessions, one was deferred "
		    "(setting milter-sessions-max)");
		return SMFIS_TEMPFAIL;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("out of memory");
	s->log.cid = log_cid_next();
	arena_init(&s->arena);
	arena_init(&s->message.arena);
	s->client_ip = address_text(&s->arena, sa);
	/* "[192.0.2.1]" or "unknown": no name that leads back. */
	if (name != NULL && name[0] != '[' && strcmp(name, "unknown") != 0)
		s->client_name = bytes_dup(&s->arena, bytes_of(name));
	(void)smfi_setpriv(ctx, s);
	log_debug(&s->log, "connect", KV_BYTES("ip", s->client_ip),
	    KV_BYTES("name", s->client_name),
	    KV_BYTES("daemon", macro(ctx, "{daemon_name}")));
	return SMFIS_CONTINUE;
}

static sfsistat
on_helo(SMFICTX *ctx, char *helo)
{
	struct session *s = session_of(ctx);

	s->helo = bytes_dup(&s->arena, bytes_of(helo));
	return SMFIS_NOREPLY;
}

static sfsistat
on_unknown(SMFICTX *ctx, const char *verb)
{
	struct session *s = session_of(ctx);

	log_debug(&s->log, "unknown command", KV_STR("verb", verb));
	return SMFIS_NOREPLY;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	message_clear(&s->message);
	arena_clear(&s->arena);
	free(s);
	__atomic_sub_fetch(&milter.sessions, 1, __ATOMIC_RELAXED);
	return SMFIS_CONTINUE;
}

/* ---- envelope ---- */

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;

	message_clear(m);
	m->mail_from = bytes_dup(&m->arena,
	    strip_brackets(bytes_of(argv[0])));
	m->has_mail_from = true;
	m->spool = spool_new(milter.spool_dir,
	    milter_settings()->body_memory_max,
	    milter_settings()->message_size_max + STORE_HEADER_MAX);
	return SMFIS_NOREPLY;
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	struct message *m = &session_of(ctx)->message;
	struct bytes *more;

	if (m->nrecipients == m->recipients_cap &&
	    m->nrecipients < RECIPIENTS_MAX) {
		m->recipients_cap = m->recipients_cap * 2 + 8;
		more = arena_array(&m->arena, m->recipients_cap,
		    sizeof(*more));
		if (m->nrecipients > 0)
			memcpy(more, m->recipients,
			    m->nrecipients * sizeof(*more));
		m->recipients = more;
	}
	if (m->nrecipients == m->recipients_cap) {
		/* One that was not asked about must not be accepted. */
		m->failed = true;
		(void)err_set(&m->err, ERR_TEMP,
		    "more than %d recipients", RECIPIENTS_MAX);
		return SMFIS_NOREPLY;
	}
	m->recipients[m->nrecipients++] = bytes_dup(&m->arena,
	    strip_brackets(bytes_of(argv[0])));
	return SMFIS_NOREPLY;
}

static sfsistat
on_data(SMFICTX *ctx)
{
	return SMFIS_NOREPLY;
}

/* ---- the message ---- */

static void
spool_add(struct message *m, struct bytes b)
{
	if (!m->failed && spool_write(m->spool, b, &m->err) == -1)
		m->failed = true;
}

static void
take_from(struct message *m, struct bytes value)
{
	struct address_entry *e;
	struct buf b = BUF_INIT;

	for (e = address_list_parse(&m->arena, value);
	    e != NULL && m->nfrom < ORIGIN_FROM_MAX; e = e->next) {
		if (e->localpart.len == 0 || e->domain.len == 0)
			continue;
		buf_clear(&b);
		address_print(&b, &(struct mail_address){ e->localpart,
		    e->domain });
		m->from[m->nfrom++] = bytes_dup(&m->arena, buf_view(&b));
	}
	buf_free(&b);
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct message *m = &session_of(ctx)->message;
	struct buf line = BUF_INIT;
	size_t room;

	if (bytes_ieq_str(bytes_of(name), ORIGIN_HEADER)) {
		m->forged++;
		return SMFIS_NOREPLY;
	}
	if (bytes_ieq_str(bytes_of(name), "From"))
		take_from(m, bytes_of(value));
	/* With SMFIP_HDR_LEADSPC the value has its leading space. */
	buf_printf(&line, "%s:%s\r\n", name, value);
	room = STORE_HEADER_MAX - m->header.len;
	buf_add(&m->header, line.data, line.len < room ? line.len : room);
	spool_add(m, buf_view(&line));
	buf_free(&line);
	return SMFIS_NOREPLY;
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	spool_add(&session_of(ctx)->message, BYTES("\r\n"));
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t n)
{
	spool_add(&session_of(ctx)->message, bytes_make(data, n));
	return SMFIS_NOREPLY;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s != NULL)
		message_clear(&s->message);
	return SMFIS_CONTINUE;
}

/* ---- end of message ---- */

static void
gather_origin(SMFICTX *ctx, struct session *s, struct origin *o)
{
	const struct message *m = &s->message;
	struct buf tls = BUF_INIT;
	struct bytes version = macro(ctx, "{tls_version}");

	memset(o, 0, sizeof(*o));
	origin_token_new(o->token, time(NULL));
	o->client_ip = s->client_ip;
	o->client_name = s->client_name;
	o->helo = s->helo;
	o->mail_from = m->mail_from;
	o->has_mail_from = m->has_mail_from;
	o->nfrom = m->nfrom;
	memcpy(o->from, m->from, sizeof(o->from));
	o->auth_user = macro(ctx, "{auth_authen}");
	o->queue_id = macro(ctx, "i");
	if (version.len > 0) {
		buf_bytes(&tls, version);
		buf_byte(&tls, ' ');
		buf_bytes(&tls, macro(ctx, "{cipher}"));
		o->tls = bytes_dup(&s->message.arena,
		    buf_view(&tls));
	}
	buf_free(&tls);
}

/* From the last to the first, so that none shifts the next. */
static int
delete_forged(SMFICTX *ctx, const struct message *m)
{
	char name[] = ORIGIN_HEADER;

	for (unsigned i = m->forged; i > 0; i--)
		if (smfi_chgheader(ctx, name, (int)i, NULL) != MI_SUCCESS)
			return -1;
	return 0;
}

static int
add_origin(SMFICTX *ctx, struct session *s, const struct origin *o,
    struct err *err)
{
	struct bytes values[ORIGIN_LINES_MAX];
	struct message *m = &s->message;
	char name[] = ORIGIN_HEADER, *value;
	int n;

	n = origin_seal(milter_origin_keys(), o, &m->arena, values, err);
	if (n == -1)
		return -1;
	for (int i = 0; i < n; i++) {
		value = arena_printf(&m->arena, " " BYTES_FMT,
		    BYTES_ARG(values[i]));
		if (smfi_addheader(ctx, name, value) != MI_SUCCESS)
			return err_set(err, ERR_TEMP,
			    "the MTA did not take a header");
	}
	return 0;
}

/* All recipients.  1 some are ours, 0 none, -1. */
static int
judge_all(struct session *s, const struct origin *o, struct err *err)
{
	struct message *m = &s->message;
	struct judge_question q = {
		.origin = o,
		.header = buf_view(&m->header),
		.size = spool_size(m->spool),
	};
	struct judge_answer answer;
	int ours = 0;

	for (size_t i = 0; i < m->nrecipients; i++) {
		if (judge_recipient(milter.judge, &q, m->recipients[i],
		    &s->log, &answer, err) == -1)
			return -1;
		if (!answer.is_ours)
			continue;
		ours = 1;
		log_info(&s->log, "judged",
		    KV_BYTES("rcpt", m->recipients[i]),
		    KV_STR("verdict", answer.verdict == VERDICT_ACCEPT ?
		    "accept" : answer.verdict == VERDICT_DELAY ?
		    "delay" : "reject"),
		    KV_STR("reason", answer.reason));
	}
	return ours;
}

static int
finish(SMFICTX *ctx, struct session *s, const struct origin *o,
    struct err *err)
{
	struct message *m = &s->message;
	int ours;

	if (m->failed) {
		*err = m->err;
		return -1;
	}
	if ((ours = judge_all(s, o, err)) == -1)
		return -1;
	if (delete_forged(ctx, m) == -1)
		return err_set(err, ERR_TEMP,
		    "the MTA did not delete a header");
	return ours == 1 ? add_origin(ctx, s, o, err) : 0;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;
	struct err err = ERR_INIT;
	struct origin o;
	int rc;

	gather_origin(ctx, s, &o);
	rc = finish(ctx, s, &o, &err);
	log_info(&s->log, rc == 0 ? "message passed" : "message deferred",
	    KV_BYTES("queue-id", o.queue_id), KV_BYTES("ip", o.client_ip),
	    KV_BYTES("from", o.mail_from), KV_BYTES("user", o.auth_user),
	    KV_UINT("rcpts", m->nrecipients),
	    KV_UINT("size", spool_size(m->spool)),
	    KV_UINT("forged", m->forged),
	    KV_STR("err", rc == 0 ? NULL : err.text));
	message_clear(m);
	if (rc == -1)
		return refuse_for_now(ctx, "the message cannot be "
		    "judged now, try again later");
	return SMFIS_CONTINUE;
}

int
session_register(struct err *err)
{
	static char name[] = "postern-milter";
	struct smfiDesc desc = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS |
		    SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_unknown = on_unknown,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	if (smfi_register(desc) != MI_SUCCESS)
		return err_set(err, ERR_INTERNAL, "libmilter refuses the "
		    "filter: it is older than this program");
	return 0;
}
