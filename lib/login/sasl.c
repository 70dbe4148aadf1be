#include <config.h>

#include <openssl/crypto.h>
#include <string.h>

#include "base/encode.h"
#include "login/password.h"
#include "login/sasl.h"

struct sasl {
	const struct sasl_mechanism *mech;
	struct arena *arena;		/* borrowed */
	int round;			/* answers seen */
	bool is_over;
	struct bytes user, password;	/* in the arena */
};

/* Takes the name over, if it can be one. */
static int
user_set(struct sasl *sasl, struct bytes user, struct err *err)
{
	if (user.len == 0 || user.len > SASL_USER_MAX)
		return err_set(err, ERR_SYNTAX,
		    "the user name is empty or longer than %d bytes",
		    SASL_USER_MAX);
	if (memchr(user.data, '\0', user.len) != NULL || !utf8_is_valid(user))
		return err_set(err, ERR_SYNTAX, "the user name is not UTF-8");
	sasl->user = bytes_dup(sasl->arena, user);
	return 0;
}

static int
password_set(struct sasl *sasl, struct bytes password, struct err *err)
{
	if (password.len == 0 || password.len > PASSWORD_LEN_MAX ||
	    memchr(password.data, '\0', password.len) != NULL)
		return err_set(err, ERR_SYNTAX,
		    "the password is empty, too long or holds a NUL");
	sasl->password = bytes_dup(sasl->arena, password);
	return 0;
}

/* The bytes up to the next NUL, which is skipped; false without one. */
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
	if (user_set(sasl, user, err) == -1 ||
	    password_set(sasl, rest, err) == -1)
		return SASL_FAIL;
	/* Nobody acts for somebody else. */
	if (authzid.len > 0 && !bytes_eq(authzid, user)) {
		err_code(err, ERR_REFUSED, ERR_CODE_AUTH,
		    "the authorization identity is another user");
		return SASL_FAIL;
	}
	return SASL_PASSWORD;
}

/*
 * LOGIN has no RFC; clients look for these two words (draft-murchison-sasl-
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
		if (user_set(sasl, *in, err) == -1)
			return SASL_FAIL;
		buf_str(out, "Password:");
		return SASL_CONTINUE;
	}
	if (password_set(sasl, *in, err) == -1)
		return SASL_FAIL;
	return SASL_PASSWORD;
}

static const struct sasl_mechanism mechanisms[] = {
	{ "PLAIN",	true,	plain_step },
	{ "LOGIN",	true,	login_step },
};

const struct sasl_mechanism *
sasl_mechanism_at(size_t n)
{
	return n < sizeof(mechanisms) / sizeof(*mechanisms) ?
	    &mechanisms[n] : NULL;
}

struct sasl *
sasl_new(struct arena *arena, struct bytes name)
{
	const struct sasl_mechanism *m;
	struct sasl *sasl;

	for (size_t i = 0; (m = sasl_mechanism_at(i)) != NULL; i++) {
		if (!bytes_ieq_str(name, m->name))
			continue;
		sasl = arena_zalloc(arena, sizeof(*sasl));
		sasl->mech = m;
		sasl->arena = arena;
		return sasl;
	}
	return NULL;
}

const struct sasl_mechanism *
sasl_mechanism(const struct sasl *sasl)
{
	return sasl->mech;
}

enum sasl_result
sasl_step(struct sasl *sasl, const struct bytes *in, struct buf *out,
    struct err *err)
{
	enum sasl_result r;

	if (sasl->is_over || (in == NULL && sasl->round > 0)) {
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
	if (r != SASL_CONTINUE)
		sasl->is_over = true;
	return r;
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

void
sasl_forget(struct sasl *sasl)
{
	/* The arena's bytes are ours, though bytes point to const. */
	if (sasl->password.len > 0)
		OPENSSL_cleanse((char *)(uintptr_t)sasl->password.data,
		    sasl->password.len);
	sasl->password = bytes_make(NULL, 0);
}
