/*
 * sasl - the table of mechanisms, the code that all exchanges share, and the
 * mechanisms PLAIN and LOGIN
 */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "base/encode.h"
#include "login/password.h"
#include "login/sasl-private.h"

int
sasl_take_user(struct sasl *sasl, struct bytes user, struct bytes authzid,
    struct err *err)
{
	if (user.len == 0 || user.len > SASL_USER_MAX)
		return err_set(err, ERR_SYNTAX,
		    "the user name is empty or longer than %d bytes",
		    SASL_USER_MAX);
	if (memchr(user.data, '\0', user.len) != NULL || !utf8_is_valid(user))
		return err_set(err, ERR_SYNTAX, "the user name is not UTF-8");
	if (authzid.len > 0 && !bytes_eq(authzid, user))
		return err_code(err, ERR_REFUSED, ERR_CODE_AUTH,
		    "the authorization identity is another user");
	sasl->user = bytes_dup(sasl->arena, user);
	return 0;
}

static int
password_set(struct sasl *sasl, struct bytes password, struct err *err)
{
	if (password.len == 0 || password.len > PASSWORD_LEN_MAX ||
	    memchr(password.data, '\0', password.len) != NULL)
		return err_set(err, ERR_SYNTAX,
		    "the password is empty, too long or contains a NUL");
	sasl->password = bytes_dup(sasl->arena, password);
	return 0;
}

/* Takes the bytes up to the next NUL and skips it.  Returns false if none. */
static bool
field_take(struct bytes *rest, struct bytes *field)
{
	ptrdiff_t at = bytes_index(*rest, '\0');

	if (at < 0)
		return false;
	*field = bytes_make(rest->data, (size_t)at);
	*rest = bytes_make(rest->data + at + 1, rest->len - (size_t)at - 1);
	return true;
}

/* RFC 4616: [authzid] NUL authcid NUL passwd. */
static enum sasl_result
plain_step(struct sasl *sasl, const struct bytes *in, struct buf *out,
    struct err *err)
{
	struct bytes rest, authzid, user;

	if (in == NULL)
		return SASL_CONTINUE;
	rest = *in;
	if (!field_take(&rest, &authzid) || !field_take(&rest, &user)) {
		err_set(err, ERR_SYNTAX, "the answer is not three fields");
		return SASL_FAIL;
	}
	if (sasl_take_user(sasl, user, authzid, err) == -1 ||
	    password_set(sasl, rest, err) == -1)
		return SASL_FAIL;
	return SASL_PASSWORD;
}

/*
 * LOGIN has no RFC; clients expect these two words (draft-murchison-sasl-
 * login-00 2).  An initial response is the user name.
 */
static enum sasl_result
login_step(struct sasl *sasl, const struct bytes *in, struct buf *out,
    struct err *err)
{
	if (in == NULL) {
		buf_str(out, "Username:");
		return SASL_CONTINUE;
	}
	if (sasl->user.len == 0) {
		if (sasl_take_user(sasl, *in, BYTES(""), err) == -1)
			return SASL_FAIL;
		buf_str(out, "Password:");
		return SASL_CONTINUE;
	}
	if (password_set(sasl, *in, err) == -1)
		return SASL_FAIL;
	return SASL_PASSWORD;
}

static const struct sasl_mechanism mechanisms[] = {
	{ .name = "PLAIN", .protocols = PROTOCOL_IMAP | PROTOCOL_SUBMISSION,
	  .need = SASL_NEEDS_PASSWORD, .shows_password = true,
	  .step = plain_step },
	/* For old SMTP clients; IMAP clients have the command LOGIN. */
	{ .name = "LOGIN", .protocols = PROTOCOL_SUBMISSION,
	  .need = SASL_NEEDS_PASSWORD, .shows_password = true,
	  .step = login_step },
};

const struct sasl_mechanism *
sasl_mechanism_at(size_t n)
{
	return n < sizeof(mechanisms) / sizeof(*mechanisms) ?
	    &mechanisms[n] : NULL;
}

const struct sasl_mechanism *
sasl_mechanism_find(struct bytes name, enum login_protocol protocol)
{
	const struct sasl_mechanism *m;

	for (size_t i = 0; (m = sasl_mechanism_at(i)) != NULL; i++)
		if ((m->protocols & protocol) != 0 &&
		    bytes_ieq_str(name, m->name))
			return m;
	return NULL;
}

bool
sasl_is_offered(const struct sasl_mechanism *m,
    const struct sasl_channel *channel)
{
	return (m->protocols & channel->protocol) != 0 &&
	    (!m->shows_password || channel->is_private) &&
	    (!m->binds_channel || channel->binding.len > 0) &&
	    (m->need != SASL_NEEDS_CERTIFICATE ||
	    channel->certificate.len > 0);
}

struct sasl *
sasl_new(struct arena *arena, const struct sasl_mechanism *m,
    const struct sasl_channel *channel)
{
	struct sasl *sasl = arena_zalloc(arena, sizeof(*sasl));

	sasl->mech = m;
	sasl->arena = arena;
	sasl->channel = *channel;
	sasl->channel.binding = bytes_dup(arena, channel->binding);
	sasl->channel.certificate = bytes_dup(arena, channel->certificate);
	sasl->last = SASL_CONTINUE;
	return sasl;
}

const struct sasl_mechanism *
sasl_mechanism(const struct sasl *sasl)
{
	return sasl->mech;
}

/* A mechanism may return only the results that its row allows. */
static enum sasl_result
result_note(struct sasl *sasl, enum sasl_result r)
{
	assert(r != SASL_PASSWORD || sasl->mech->need == SASL_NEEDS_PASSWORD);
	assert(r != SASL_SECRETS || (sasl->mech->need == SASL_NEEDS_SECRET &&
	    sasl->user.len > 0));
	assert(r != SASL_VERIFIED || (sasl->user.len > 0 &&
	    sasl->mech->need != SASL_NEEDS_PASSWORD));
	return sasl->last = r;
}

enum sasl_result
sasl_step(struct sasl *sasl, const struct bytes *in, struct buf *out,
    struct err *err)
{
	enum sasl_result r;

	if (sasl->last != SASL_CONTINUE || (in == NULL && sasl->round > 0)) {
		err_set(err, ERR_SYNTAX, "the exchange is over");
		r = SASL_FAIL;
	} else if (in != NULL && in->len > SASL_RESPONSE_MAX) {
		err_set(err, ERR_SYNTAX, "the answer is longer than %d bytes",
		    SASL_RESPONSE_MAX);
		r = SASL_FAIL;
	} else {
		r = sasl->mech->step(sasl, in, out, err);
		sasl->round++;
	}
	return result_note(sasl, r);
}

enum sasl_result
sasl_secrets(struct sasl *sasl, struct secret_list *list, struct buf *out,
    struct err *err)
{
	assert(sasl->last == SASL_SECRETS && list->n > 0);
	secret_list_move(&sasl->secrets, list);
	return result_note(sasl, sasl->mech->secrets(sasl, out, err));
}

struct bytes
sasl_user(const struct sasl *sasl)
{
	return sasl->user;
}

struct bytes
sasl_password(const struct sasl *sasl)
{
	return sasl->password;
}

const struct secret_entry *
sasl_proof(const struct sasl *sasl)
{
	return sasl->proof;
}

void
sasl_forget(struct sasl *sasl)
{
	/* The bytes are in our arena, so we may drop the const. */
	if (sasl->password.len > 0)
		explicit_bzero((char *)(uintptr_t)sasl->password.data,
		    sasl->password.len);
	sasl->password = bytes_make(NULL, 0);
	sasl->proof = NULL;
	secret_list_clear(&sasl->secrets);
}
