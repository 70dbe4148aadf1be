/*
 * smtp_client-private - what smtp_client.c (sessions) and transaction.c
 * (messages) share
 */
#ifndef SMTP_CLIENT_PRIVATE_H
#define SMTP_CLIENT_PRIVATE_H

#include "proto/dot.h"
#include "smtp/smtp_client.h"

/* Extensions in addition to those of proto/smtp_command.h. */
#define CLIENT_EXT_PIPELINING	0x1000u
#define CLIENT_EXT_STARTTLS	0x2000u
#define CLIENT_EXT_AUTH_PLAIN	0x4000u
#define CLIENT_EXT_XCLIENT	0x8000u

struct smtp_client {
	const struct smtp_client_config *config;
	struct stream *stream;		/* own */
	struct smtp_reply_reader reader;
	struct buf in;			/* received, not yet parsed */
	struct buf out;			/* to be sent */
	struct arena arena;		/* for the current message */
	unsigned extensions;
	uint64_t size_max;
	uint64_t deadline_ms;		/* of the current stage */
	enum smtp_stage stage;
	bool broken;
	/* the message */
	struct dot dot;
	bool after_cr;			/* the last byte was a CR */
};

/* Begins a stage: its deadline starts now. */
void client_stage(struct smtp_client *c, enum smtp_stage stage);

/* Appends a line to out; shown is what a trace gets (NULL: the line). */
void client_put(struct smtp_client *c, const char *line, const char *shown);
/* Sends out.  Returns 0 or -1. */
int client_flush(struct smtp_client *c, struct err *err);
/* Reads the next reply, in the arena.  Returns 0 or -1. */
int client_reply(struct smtp_client *c, struct smtp_reply *reply,
    struct err *err);

/* Puts the stage before the text and gives up the connection.  Returns -1. */
int client_fail(struct smtp_client *c, struct err *err);

#endif
