/*
 * send_test - `postern send-test': sends a message as anybody
 */
#ifndef CTL_CMD_SEND_TEST_H
#define CTL_CMD_SEND_TEST_H

struct ctl;

/* What is sent when nothing else is asked for. */
#define SEND_TEST_SERVER	"127.0.0.1:1025"
#define SEND_TEST_FROM		"sender@test.example"
#define SEND_TEST_BOUNCER	"mailer-daemon@test.example"
#define SEND_TEST_HELO		"mail.test.example"
#define SEND_TEST_SUBJECT	"a test"

/* The subcommand: reads its own options.  Returns the exit status. */
int cmd_send_test(struct ctl *c, int argc, char **argv);

#endif
