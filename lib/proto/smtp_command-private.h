/*
 * smtp_command-private - what smtp_command.c and smtp_params.c share
 */
#ifndef PROTO_SMTP_COMMAND_PRIVATE_H
#define PROTO_SMTP_COMMAND_PRIVATE_H

#include "proto/smtp_command.h"

/* Fills the error and returns -1. */
int smtp_fail(struct smtp_error *e, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Takes the next word from args, and the blanks after it. */
struct bytes smtp_word(struct bytes *args);

/* Parse the parameters of MAIL and RCPT, which come after the path. */
int smtp_params_mail(struct bytes args, unsigned extensions,
    struct arena *arena, struct smtp_mail *out, struct smtp_error *e);
int smtp_params_rcpt(struct bytes args, unsigned extensions,
    struct arena *arena, struct smtp_rcpt *out, struct smtp_error *e);

#endif
