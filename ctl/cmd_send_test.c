/*
 * cmd_send_test - postern send-test: sends a message in any client's name.
 *
 * For localserve and other test systems: with XCLIENT the server treats us as
 * the client that --ip, --name and --helo describe (or as a user who has logged
 * in), so that one can see how the milter judges such a client.
 */
#include <config.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/encode.h"
#include "base/random.h"
#include "mail/date.h"
#include "proto/smtp_command.h"
#include "net/addr.h"
#include "smtp/smtp_client.h"
#include "command/options.h"
#include "command/output.h"
#include "ctl/commands.h"
#include "ctl/message_file.h"
#include "ctl/message_sign.h"

/* Defaults of the options. */
#define SEND_TEST_SERVER	"127.0.0.1:1025"
#define SEND_TEST_FROM		"sender@test.example"
#define SEND_TEST_BOUNCER	"mailer-daemon@test.example"
#define SEND_TEST_HELO		"mail.test.example"
#define SEND_TEST_SUBJECT	"a test"

#define RECIPIENTS_MAX	1000
#define FILE_MAX	(1u << 30)

/* From the command line. */
struct send_test {
	const char *server, *ip, *name, *helo, *login;
	const char *from, *header_from, *subject, *file, *dkim_key;
	struct bytes recipients[RECIPIENTS_MAX];
	size_t nrecipients;
	struct addr client;		/* ip */
	bool spam, verbose;
	struct buf message;
};

static const char help[] =
    "Sends a message to a test system, such as localserve, in any client's "
    "name.\n"
    "\n"
    "  --to ADDRESS       recipient; may be given several times\n"
    "  --from ADDRESS     envelope sender, \"\" for a bounce\n"
    "                     (default: " SEND_TEST_FROM ")\n"
    "  --header-from ADDRESS  From in the header (default: as --from)\n"
    "  --ip ADDRESS       act as a client with this address (XCLIENT)\n"
    "  --name NAME        the client's reverse DNS name (default: none)\n"
    "  --helo NAME        the client's HELO name (default: that of --name,\n"
    "                     or " SEND_TEST_HELO ")\n"
    "  --login USER       act as USER who has logged in (XCLIENT)\n"
    "  --subject TEXT     subject (default: " SEND_TEST_SUBJECT ")\n"
    "  --spam             send a text that filters should catch\n"
    "  --file FILE        send this message unchanged; - is standard input\n"
    "  --dkim-key FILE    sign it with DKIM-DIR/DOMAIN/SELECTOR.key\n"
    "  --server HOST:PORT SMTP server (default: " SEND_TEST_SERVER ",\n"
    "                     localserve's)\n"
    "  --verbose          print the SMTP dialogue\n"
    "  --help             print this help";

/* ---- options ---- */

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

/* Checks the options.  Returns false after printing an error; sets *status. */
static bool
options_check(struct command *c, struct send_test *t,
    const struct option_words *to, int *status)
{
	*status = COMMAND_USAGE;
	if (to->n == 0) {
		(void)command_usage(c, "--to ADDRESS is missing");
		return false;
	}
	if (to->n > RECIPIENTS_MAX) {
		(void)command_usage(c, "at most %d recipients", RECIPIENTS_MAX);
		return false;
	}
	if (t->ip != NULL && addr_parse(bytes_of(t->ip), &t->client) == -1) {
		(void)command_usage(c, "--ip: '%s' is not an IP address",
		    t->ip);
		return false;
	}
	for (size_t i = 0; i < to->n; i++)
		t->recipients[t->nrecipients++] = bytes_of(to->v[i]);
	return true;
}

static bool
options_read(struct command *c, struct send_test *t, int argc, char **argv,
    int *status)
{
	struct option_words to = { NULL, 0 };
	const struct command_option options[] = {
		OPTION_WORDS("to", &to),
		OPTION_VALUE("from", &t->from),
		OPTION_VALUE("header-from", &t->header_from),
		OPTION_VALUE("ip", &t->ip),
		OPTION_VALUE("name", &t->name),
		OPTION_VALUE("helo", &t->helo),
		OPTION_VALUE("login", &t->login),
		OPTION_VALUE("subject", &t->subject),
		OPTION_FLAG("spam", &t->spam),
		OPTION_VALUE("file", &t->file),
		OPTION_VALUE("dkim-key", &t->dkim_key),
		OPTION_VALUE("server", &t->server),
		OPTION_FLAG("verbose", &t->verbose),
		OPTION_HELP(help),
		OPTION_END
	};

	if (!options_take(c, options, &argc, argv, status) ||
	    !options_check(c, t, &to, status))
		return false;
	set_defaults(t);
	return true;
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
		return message_file_load(t->file, FILE_MAX, &t->message, err);
	put_header(&t->message, t);
	buf_str(&t->message, t->spam ?
	    "CONGRATULATIONS!!! You have WON 1,000,000 dollars. Click here\r\n"
	    "now, act fast, 100% free, no risk, cheap meds, lowest price:\r\n"
	    "http://winner.example/claim?id=0001\r\n"
	    /* GTUBE, which filters agree to treat as spam, for tests. */
	    "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL"
	    "*C.34X\r\n" :
	    "This message was sent by 'postern send-test'.\r\n");
	return 0;
}

/* ---- signing ---- */

struct key_path {
	const char *dir, *domain, *selector;
};

/* Splits DIR/DOMAIN/SELECTOR.key in place. */
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
sign_with(struct send_test *t, const struct dkim_keyset *set, struct command *c)
{
	struct bytes message = buf_view(&t->message);
	int status = message_sign(c, set, 0, &message);

	if (status == COMMAND_OK) {
		buf_free(&t->message);
		buf_bytes(&t->message, message);
	}
	return status;
}

/* Signs with only that key, whatever its state.  Returns an exit status. */
static int
sign_by_path(struct send_test *t, struct command *c)
{
	struct dkim_keyset *all, one;
	struct key_path path = { NULL, NULL, NULL };
	struct err err = ERR_INIT;
	int rc, status;

	if (key_path_split(arena_strdup(&c->arena, t->dkim_key), &path,
	    &err) == -1)
		return command_fail(&err);
	rc = dkim_keyset_read(path.dir, bytes_of(path.domain), &all, &err);
	if (rc == -1)
		return command_fail(&err);
	one = (struct dkim_keyset){ .domain = path.domain, .refs = 1 };
	for (size_t i = 0; rc == 1 && i < all->n; i++)
		if (strcmp(all->keys[i].selector, path.selector) == 0)
			one.keys[one.n++] = all->keys[i];
	if (one.n == 0) {
		status = command_failf("there is no key '%s'", t->dkim_key);
	} else {
		one.keys[0].state = DKIM_ACTIVE;
		status = sign_with(t, &one, c);
	}
	dkim_keyset_free(&all);
	return status;
}

/* Signatures are computed over CRLF, and the client sends only CRLF. */
static void
use_crlf(struct send_test *t)
{
	struct buf out = BUF_INIT;

	message_crlf(&out, buf_view(&t->message), true);
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

static void
put_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s%s=", out->len > 0 ? " " : "", name);
	xtext_encode(out, bytes_of(value));
}

/* Makes the attributes of XCLIENT.  Returns false if none are needed. */
static bool
attributes_make(const struct send_test *t, struct buf *out)
{
	const char *name = t->name != NULL ? t->name : "[UNAVAILABLE]";
	char ip[ADDR_TEXT_MAX];

	if (t->ip == NULL && t->name == NULL && t->login == NULL)
		return false;
	if (t->ip != NULL)
		buf_printf(out, "ADDR=%s%s", t->client.family == ADDR_IPV6 ?
		    "IPV6:" : "", addr_print(&t->client, ip));
	/* Without these the client's name would still be localhost. */
	put_attribute(out, "NAME", name);
	put_attribute(out, "REVERSE_NAME", name);
	if (t->login != NULL)
		put_attribute(out, "LOGIN", t->login);
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
print_replies(const struct send_test *t, const struct command *c,
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
	int status = COMMAND_OK, printed;

	for (size_t i = 0; i < t->nrecipients; i++) {
		(void)json_array_append_new(rows, json_pack(
		    "{s:o, s:i, s:s, s:s}", "recipient",
		    output_bytes(t->recipients[i]),
		    "code", replies[i].code, "enhanced", replies[i].enhanced,
		    "text", replies[i].text));
		if (replies[i].code / 100 == 5)
			status = COMMAND_FAILED;
		else if (replies[i].code / 100 == 4 && status == COMMAND_OK)
			status = COMMAND_TEMP;
	}
	printed = output_table(c, rows, columns);
	return printed == COMMAND_OK ? status : printed;
}

static int
deliver(struct send_test *t, struct command *c, struct err *err)
{
	struct smtp_client_config config = SMTP_CLIENT_CONFIG;
	struct smtp_reply *replies = arena_array(&c->arena, t->nrecipients,
	    sizeof(*replies));
	struct smtp_client *client;
	int rc;

	config.helo = t->helo;
	config.trace = t->verbose ? show_line : NULL;
	if (smtp_client_open(t->server, &config, &client, err) == -1)
		return err->kind == ERR_SYNTAX ?
		    command_usage(c, "--server: %s", err->text) :
		    command_fail(err);
	rc = play(t, client, err);
	if (rc == 0)
		rc = send_all(t, replies, client, err);
	rc = rc == -1 ? command_fail(err) : print_replies(t, c, replies);
	smtp_client_close(&client);
	return rc;
}

int
cmd_send_test(struct command *c, int argc, char **argv)
{
	struct send_test *t = arena_zalloc(&c->arena, sizeof(*t));
	struct err err = ERR_INIT;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	if (!options_read(c, t, argc, argv, &rc))
		return rc;
	if (message_make(t, &err) == -1)
		return command_failf("%s", err.text);
	use_crlf(t);
	if (t->dkim_key != NULL && (rc = sign_by_path(t, c)) != COMMAND_OK)
		return rc;
	rc = deliver(t, c, &err);
	buf_free(&t->message);
	return rc;
}
