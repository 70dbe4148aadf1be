/*
 * send-test - sends a message as anybody
 *
 * For localserve and other test systems: with XCLIENT the server takes us for
 * the client that --ip, --name and --helo describe (or for a user who has
 * logged in), so that what the milter thinks of it can be seen.
 */
#include <config.h>

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "mail/date.h"
#include "net/addr.h"
#include "smtp/client.h"

#include "ctl/message_sign.h"
#include "ctl/output.h"
#include "ctl/send_test.h"

#define RECIPIENTS_MAX	1000
#define FILE_MAX	(1u << 30)
#define ATTRIBUTES_MAX	900

/* From the command line. */
struct send_test {
	const char *server, *ip, *name, *helo, *login;
	const char *from, *header_from, *subject, *file, *dkim_key;
	struct bytes recipients[RECIPIENTS_MAX];
	size_t nrecipients;
	bool spam, verbose;
	struct buf message;
};

static const char usage[] =
    "usage: postern send-test --to ADDRESS [OPTION ...]\n"
    "\n"
    "Sends a message to a test system, such as localserve, as anybody.\n"
    "\n"
    "  --to ADDRESS       who gets it; may be given several times\n"
    "  --from ADDRESS     envelope sender, \"\" for a bounce\n"
    "                     (default: " SEND_TEST_FROM ")\n"
    "  --header-from ADDRESS  in the header (default: as --from)\n"
    "  --ip ADDRESS       plays a client of this address (by XCLIENT)\n"
    "  --name NAME        its reverse name (default: none)\n"
    "  --helo NAME        its HELO (default: its name, else " SEND_TEST_HELO ")\n"
    "  --login USER       plays a submission by USER (by XCLIENT)\n"
    "  --subject TEXT     (default: " SEND_TEST_SUBJECT ")\n"
    "  --spam             a text that filters are meant to catch\n"
    "  --file FILE        sends this message, as it is; - is standard input\n"
    "  --dkim-key FILE    signs it: DKIM-DIR/DOMAIN/SELECTOR.key\n"
    "  --server HOST:PORT (default: " SEND_TEST_SERVER ", localserve's)\n"
    "  --verbose          shows what both sides say\n"
    "  --help             prints this\n";

enum {
	OPT_TO = 256, OPT_FROM, OPT_HEADER_FROM, OPT_IP, OPT_NAME, OPT_HELO,
	OPT_LOGIN, OPT_SUBJECT, OPT_SPAM, OPT_FILE, OPT_DKIM_KEY, OPT_SERVER,
	OPT_VERBOSE, OPT_HELP
};

static const struct option long_options[] = {
	{ "to",			required_argument, NULL, OPT_TO },
	{ "from",		required_argument, NULL, OPT_FROM },
	{ "header-from",	required_argument, NULL, OPT_HEADER_FROM },
	{ "ip",			required_argument, NULL, OPT_IP },
	{ "name",		required_argument, NULL, OPT_NAME },
	{ "helo",		required_argument, NULL, OPT_HELO },
	{ "login",		required_argument, NULL, OPT_LOGIN },
	{ "subject",		required_argument, NULL, OPT_SUBJECT },
	{ "spam",		no_argument, NULL, OPT_SPAM },
	{ "file",		required_argument, NULL, OPT_FILE },
	{ "dkim-key",		required_argument, NULL, OPT_DKIM_KEY },
	{ "server",		required_argument, NULL, OPT_SERVER },
	{ "verbose",		no_argument, NULL, OPT_VERBOSE },
	{ "help",		no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

/* ---- options ---- */

static int
to_take(struct send_test *t, const char *address, struct err *err)
{
	if (t->nrecipients == RECIPIENTS_MAX)
		return err_set(err, ERR_SYNTAX, "at most %d recipients",
		    RECIPIENTS_MAX);
	t->recipients[t->nrecipients++] = bytes_of(address);
	return 0;
}

/* The option's place for a text, or NULL. */
static const char **
text_of(struct send_test *t, int c)
{
	switch (c) {
	case OPT_FROM:		return &t->from;
	case OPT_HEADER_FROM:	return &t->header_from;
	case OPT_IP:		return &t->ip;
	case OPT_NAME:		return &t->name;
	case OPT_HELO:		return &t->helo;
	case OPT_LOGIN:		return &t->login;
	case OPT_SUBJECT:	return &t->subject;
	case OPT_FILE:		return &t->file;
	case OPT_DKIM_KEY:	return &t->dkim_key;
	case OPT_SERVER:	return &t->server;
	default:		return NULL;
	}
}

/* 1 go on, 0 help was printed, -1. */
static int
options_read(struct send_test *t, int argc, char **argv, struct err *err)
{
	const char **text;
	int c;

	/* getopt begins behind the first, which is the command's word. */
	argv--;
	argc++;
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c == OPT_HELP) {
			(void)fputs(usage, stdout);
			return 0;
		}
		if (c == '?' || c == ':')
			return err_set(err, ERR_SYNTAX, c == ':' ?
			    "'%s' needs a value" : "there is no option '%s'",
			    argv[optind - 1]);
		if ((text = text_of(t, c)) != NULL)
			*text = optarg;
		else if (c == OPT_SPAM)
			t->spam = true;
		else if (c == OPT_VERBOSE)
			t->verbose = true;
		else if (to_take(t, optarg, err) == -1)
			return -1;
	}
	if (optind < argc)
		return err_set(err, ERR_SYNTAX, "'%s' is one argument too many",
		    argv[optind]);
	if (t->nrecipients == 0)
		return err_set(err, ERR_SYNTAX, "--to ADDRESS is missing");
	return 1;
}

static void
set_defaults(struct send_test *t)
{
	if (t->server == NULL)
		t->server = SEND_TEST_SERVER;
	if (t->from == NULL)
		t->from = SEND_TEST_FROM;
	if (t->header_from == NULL)
		t->header_from = t->from[0] == '\0' ? SEND_TEST_BOUNCER :
		    t->from;
	if (t->helo == NULL)
		t->helo = t->name != NULL ? t->name : SEND_TEST_HELO;
	if (t->subject == NULL)
		t->subject = SEND_TEST_SUBJECT;
}

/* ---- the message ---- */

static void
put_header(struct buf *out, const struct send_test *t)
{
	uint8_t token[12];

	random_bytes(token, sizeof(token));
	buf_printf(out, "From: <%s>\r\nTo: ", t->header_from);
	for (size_t i = 0; i < t->nrecipients; i++)
		buf_printf(out, "%s<" BYTES_FMT ">", i == 0 ? "" : ",\r\n\t",
		    BYTES_ARG(t->recipients[i]));
	buf_printf(out, "\r\nSubject: %s\r\nDate: ", t->subject);
	date_print(out, (struct mail_date){ time(NULL), 0 });
	buf_str(out, "\r\nMessage-ID: <");
	hex_encode(out, bytes_make(token, sizeof(token)));
	buf_printf(out, "@%s>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n\r\n", t->helo);
}

static int
message_make(struct send_test *t, struct err *err)
{
	if (t->file != NULL)
		return file_read(strcmp(t->file, "-") == 0 ? "/dev/stdin" :
		    t->file, FILE_MAX, &t->message, err);
	put_header(&t->message, t);
	buf_str(&t->message, t->spam ?
	    "CONGRATULATIONS!!! You have WON 1,000,000 dollars. Click here\r\n"
	    "now, act fast, 100% free, no risk, cheap meds, lowest price:\r\n"
	    "http://winner.example/claim?id=0001\r\n"
	    /* What filters agree to catch, for tests of them. */
	    "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL"
	    "*C.34X\r\n" :
	    "This message was sent by 'postern send-test'.\r\n");
	return 0;
}

/* ---- signing ---- */

struct key_path {
	const char *dir, *domain, *selector;
};

/* DIR/DOMAIN/SELECTOR.key, cut up in place. */
static int
key_path_split(char *path, struct key_path *out, struct err *err)
{
	char *dot = strrchr(path, '.'), *file, *folder;

	if (dot == NULL || strcmp(dot, ".key") != 0)
		goto bad;
	*dot = '\0';
	if ((file = strrchr(path, '/')) == NULL)
		goto bad;
	*file++ = '\0';
	folder = strrchr(path, '/');
	out->dir = folder == NULL ? "." : folder == path ? "/" : path;
	out->domain = folder == NULL ? path : folder + 1;
	out->selector = file;
	if (folder != NULL)
		*folder = '\0';
	return 0;
bad:
	return err_set(err, ERR_SYNTAX, "--dkim-key takes a path such as "
	    "'keys/example.org/selector.key'");
}

static int
sign_with(struct send_test *t, const struct dkim_keyset *set, struct ctl *c)
{
	struct bytes message = buf_view(&t->message);
	int status = message_sign(c, set, 0, &message);

	if (status == CTL_OK) {
		buf_free(&t->message);
		buf_bytes(&t->message, message);
	}
	return status;
}

/* With that key alone, whatever its state.  CTL_OK, or another status. */
static int
sign_by_path(struct send_test *t, struct ctl *c)
{
	struct dkim_keyset *all, one;
	struct key_path path = { NULL, NULL, NULL };
	struct err err = ERR_INIT;
	int rc, status;

	if (key_path_split(arena_strdup(&c->arena, t->dkim_key), &path,
	    &err) == -1)
		return ctl_fail(&err);
	rc = dkim_keyset_read(path.dir, bytes_of(path.domain), &all, &err);
	if (rc == -1)
		return ctl_fail(&err);
	one = (struct dkim_keyset){ .domain = path.domain, .refs = 1 };
	for (size_t i = 0; rc == 1 && i < all->n; i++)
		if (strcmp(all->keys[i].selector, path.selector) == 0)
			one.keys[one.n++] = all->keys[i];
	if (one.n == 0) {
		status = ctl_failf("there is no key '%s'", t->dkim_key);
	} else {
		one.keys[0].state = DKIM_ACTIVE;
		status = sign_with(t, &one, c);
	}
	dkim_keyset_free(&all);
	return status;
}

/* Signatures are over CRLF; the client sends nothing else. */
static void
message_crlf(struct send_test *t)
{
	struct buf out = BUF_INIT;
	const char *p = t->message.data;
	size_t n = t->message.len;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			buf_byte(&out, '\r');
		buf_byte(&out, p[i]);
		if (p[i] == '\r' && (i + 1 == n || p[i + 1] != '\n'))
			buf_byte(&out, '\n');
	}
	if (out.len < 2 || out.data[out.len - 1] != '\n')
		buf_str(&out, "\r\n");
	buf_free(&t->message);
	t->message = out;
}

/* ---- sending ---- */

static void
show_line(void *arg, char side, struct bytes line)
{
	(void)printf("%c: " BYTES_FMT "\n", side, BYTES_ARG(line));
}

/* XCLIENT's attributes, or false: nobody is to be played. */
static bool
attributes_make(const struct send_test *t, struct buf *out)
{
	struct addr a;

	if (t->ip == NULL && t->name == NULL && t->login == NULL)
		return false;
	if (t->ip != NULL)
		buf_printf(out, "ADDR=%s%s", addr_parse(bytes_of(t->ip), &a) ==
		    0 && strchr(t->ip, ':') != NULL ? "IPV6:" : "", t->ip);
	/* Without these the name stays what it was: localhost. */
	buf_printf(out, "%sNAME=%s REVERSE_NAME=%s", out->len > 0 ? " " : "",
	    t->name != NULL ? t->name : "[UNAVAILABLE]",
	    t->name != NULL ? t->name : "[UNAVAILABLE]");
	if (t->login != NULL)
		buf_printf(out, " LOGIN=%s", t->login);
	return true;
}

static int
play(const struct send_test *t, struct smtp_client *client, struct err *err)
{
	struct buf attributes = BUF_INIT;
	int rc = 0;

	if (attributes_make(t, &attributes))
		rc = smtp_client_xclient(client, buf_cstr(&attributes),
		    t->helo, err);
	buf_free(&attributes);
	return rc;
}

static int
send_all(struct send_test *t, struct smtp_reply *replies,
    struct smtp_client *client, struct err *err)
{
	struct smtp_envelope e = {
		.from = bytes_of(t->from),
		.recipients = t->recipients, .nrecipients = t->nrecipients,
		.size = t->message.len,
		.is_8bit = !bytes_is_ascii(buf_view(&t->message))
	};
	struct smtp_reply overall;
	int rc;

	rc = smtp_client_begin(client, &e, replies, &overall, err);
	if (rc != 1)
		return rc;
	if (smtp_client_write(client, buf_view(&t->message), err) == -1)
		return -1;
	return smtp_client_end(client, &e, replies, &overall, err);
}

static int
print_replies(const struct send_test *t, const struct ctl *c,
    const struct smtp_reply *replies)
{
	static const struct output_column columns[] = {
		{ "recipient", "Recipient", OUTPUT_TEXT },
		{ "code", "Code", OUTPUT_NUMBER },
		{ "enhanced", "Enhanced", OUTPUT_TEXT },
		{ "text", "Text", OUTPUT_TEXT },
		{ NULL, NULL, OUTPUT_TEXT }
	};
	json_t *rows = json_array();
	int status = CTL_OK, printed;

	for (size_t i = 0; i < t->nrecipients; i++) {
		(void)json_array_append_new(rows, json_pack(
		    "{s:s%, s:i, s:s, s:s}", "recipient",
		    t->recipients[i].data, t->recipients[i].len,
		    "code", replies[i].code, "enhanced", replies[i].enhanced,
		    "text", replies[i].text));
		if (replies[i].code / 100 == 5)
			status = CTL_FAILED;
		else if (replies[i].code / 100 == 4 && status == CTL_OK)
			status = CTL_TEMP;
	}
	printed = output_table(c, rows, columns);
	return printed == CTL_OK ? status : printed;
}

static int
deliver(struct send_test *t, struct ctl *c, struct err *err)
{
	struct smtp_client_config config = SMTP_CLIENT_CONFIG;
	struct smtp_reply *replies = arena_array(&c->arena, t->nrecipients,
	    sizeof(*replies));
	struct smtp_client *client;
	int rc;

	config.helo = t->helo;
	config.trace = t->verbose ? show_line : NULL;
	if (smtp_client_open(t->server, &config, &client, err) == -1)
		return ctl_fail(err);
	rc = play(t, client, err);
	if (rc == 0)
		rc = send_all(t, replies, client, err);
	rc = rc == -1 ? ctl_fail(err) : print_replies(t, c, replies);
	smtp_client_close(&client);
	return rc;
}

int
cmd_send_test(struct ctl *c, int argc, char **argv)
{
	struct send_test *t = arena_zalloc(&c->arena, sizeof(*t));
	struct err err = ERR_INIT;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	rc = options_read(t, argc, argv, &err);
	if (rc == 0)
		return output_end();
	if (rc == -1)
		return ctl_usage(c, "%s", err.text);
	set_defaults(t);
	if (message_make(t, &err) == -1)
		return ctl_fail(&err);
	message_crlf(t);
	if (t->dkim_key != NULL && (rc = sign_by_path(t, c)) != CTL_OK)
		return rc;
	rc = deliver(t, c, &err);
	buf_free(&t->message);
	return rc;
}
