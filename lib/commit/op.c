#include <config.h>

#include "commit/op.h"

int
op_submit(struct store *s, struct op *op, struct err *err)
{
	if (store_submit(s, op) == -1) {
		*err = op->err;
		return -1;
	}
	return 0;
}
