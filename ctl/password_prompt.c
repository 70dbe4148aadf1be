/*
 * password_prompt - reads a password from the terminal, without echo, or from
 * standard input.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl/password_prompt.h"

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number;
}

/*
 * Reads a line without its newline.  Reads byte by byte, so that what follows
 * the line is left for the next reader.
 */
static int
read_line(int fd, char out[PASSWORD_MAX + 1], struct err *err)
{
	size_t n = 0;
	ssize_t rc;
	char c;

	while ((rc = read(fd, &c, 1)) == 1 && c != '\n') {
		if (c == '\0')
			return err_set(err, ERR_SYNTAX,
			    "the password contains a NUL byte");
		if (n == PASSWORD_MAX)
			return err_set(err, ERR_SYNTAX,
			    "the password is longer than %d bytes",
			    PASSWORD_MAX);
		out[n++] = c;
	}
	if (rc == -1 && interrupted)
		return err_set(err, ERR_REFUSED, "interrupted");
	if (rc == -1)
		return err_sys(err, ERR_INTERNAL, "cannot read the password");
	if (n > 0 && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	if (n == 0)
		return err_set(err, ERR_SYNTAX, "the password is empty");
	return 0;
}

static int
ask_once(int tty, const char *prompt, char out[PASSWORD_MAX + 1],
    struct err *err)
{
	int rc;

	(void)dprintf(tty, "%s: ", prompt);
	rc = read_line(tty, out, err);
	(void)dprintf(tty, "\n");
	return rc;
}

static int
ask_twice(int tty, char out[PASSWORD_MAX + 1], struct err *err)
{
	char again[PASSWORD_MAX + 1];
	int rc;

	rc = ask_once(tty, "New password", out, err);
	if (rc == 0)
		rc = ask_once(tty, "Repeat password", again, err);
	if (rc == 0 && strcmp(out, again) != 0)
		rc = err_set(err, ERR_REFUSED, "the two passwords differ");
	explicit_bzero(again, sizeof(again));
	return rc;
}

/* Turns the terminal's echo on again in all cases. */
int
password_ask(char out[PASSWORD_MAX + 1], struct err *err)
{
	struct sigaction action = { .sa_handler = on_signal }, old_int,
	    old_term;
	struct termios shown, hidden;
	int tty, rc;

	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty == -1 || tcgetattr(tty, &shown) == -1) {
		if (tty != -1)
			(void)close(tty);
		return err_set(err, ERR_REFUSED, "there is no terminal to ask "
		    "for a password on: use --stdin");
	}
	/* Without SA_RESTART, so that the signal interrupts read(). */
	(void)sigaction(SIGINT, &action, &old_int);
	(void)sigaction(SIGTERM, &action, &old_term);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(tty, TCSAFLUSH, &hidden);
	rc = ask_twice(tty, out, err);
	(void)tcsetattr(tty, TCSAFLUSH, &shown);
	(void)sigaction(SIGINT, &old_int, NULL);
	(void)sigaction(SIGTERM, &old_term, NULL);
	(void)close(tty);
	if (interrupted != 0)
		(void)raise(interrupted);
	return rc;
}

int
password_read(char out[PASSWORD_MAX + 1], struct err *err)
{
	return read_line(STDIN_FILENO, out, err);
}
