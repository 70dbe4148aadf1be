/* dkim_input - how fuzz targets for signatures read their input */
#ifndef T_FUZZ_DKIM_INPUT_H
#define T_FUZZ_DKIM_INPUT_H

#include "t/unit/dkim_lab.h"

struct dkim_input {
	struct arena arena;
	struct bytes record;	/* the first line: the record of every key */
	struct bytes message;		/* lines end with CRLF */
	struct dkim_key_source keys;
};

/* Reads "record\nmessage". */
void dkim_input_read(struct dkim_input *in, struct bytes data);
/* Reads all of the data as a message.  NULs are removed, and the last line gets
   its end. */
void dkim_input_message(struct dkim_input *in, struct bytes data);

#endif
