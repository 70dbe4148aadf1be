/*
 * dkim_input - what the fuzz targets of signatures make of their input
 */
#ifndef T_FUZZ_DKIM_INPUT_H
#define T_FUZZ_DKIM_INPUT_H

#include "t/unit/dkim_lab.h"

struct dkim_input {
	struct arena arena;
	struct bytes record;		/* the first line: of every key */
	struct bytes message;		/* lines end with CRLF */
	struct dkim_key_source keys;
};

/* "record\nmessage". */
void dkim_input_read(struct dkim_input *in, struct bytes data);
/* All of it is a message, whose last line has an end, without NUL. */
void dkim_input_message(struct dkim_input *in, struct bytes data);

#endif
