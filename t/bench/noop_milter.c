/*
 * noop_milter - a filter that gets everything and does nothing
 *
 *	noop_milter SOCKET
 *
 * Shows what any filter costs an MTA, for comparison.  It uses libmilter like
 * the examples of libmilter: every callback exists and answers.
 */
#include <config.h>

#include <libmilter/mfapi.h>
#include <stdio.h>

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa)
{
	return SMFIS_CONTINUE;
}

static sfsistat
on_text(SMFICTX *ctx, char *text)
{
	return SMFIS_CONTINUE;
}

static sfsistat
on_address(SMFICTX *ctx, char **argv)
{
	return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	return SMFIS_CONTINUE;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *piece, size_t n)
{
	return SMFIS_CONTINUE;
}

static sfsistat
on_event(SMFICTX *ctx)
{
	return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
	char name[] = "noop";
	struct smfiDesc filter = {
		.xxfi_name = name, .xxfi_version = SMFI_VERSION,
		.xxfi_connect = on_connect, .xxfi_helo = on_text,
		.xxfi_envfrom = on_address, .xxfi_envrcpt = on_address,
		.xxfi_header = on_header, .xxfi_eoh = on_event,
		.xxfi_body = on_body, .xxfi_eom = on_event,
		.xxfi_abort = on_event, .xxfi_close = on_event,
		.xxfi_data = on_event
	};

	if (argc != 2 || smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_register(filter) != MI_SUCCESS) {
		(void)fprintf(stderr, "usage: noop_milter local:PATH\n");
		return 2;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
