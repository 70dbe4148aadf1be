/* database - hands operations to the committer and their errors back. */
#include <config.h>

#include "commit/database.h"

int
op_submit(struct database *db, struct op *op, struct err *err)
{
	if (committer_submit(db->committer, op) == -1) {
		*err = op->err;
		return -1;
	}
	return 0;
}
