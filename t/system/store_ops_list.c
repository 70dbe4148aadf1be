/*
 * store_ops_list - the table of store operations, for tests
 *
 * One line each: number, name, roles, flags, and the fields of the request
 * as tag:type:use, use being ! required, ? optional, * repeated.
 */
#include <config.h>

#include "proto/store_ops.h"

int
main(void)
{
	static const char uses[] = { [STORE_OPTIONAL] = '?',
	    [STORE_REQUIRED] = '!', [STORE_REPEATED] = '*' };

	for (const struct store_op *op = store_ops; op->number != 0; op++) {
		(void)printf("%u %s %u %u", op->number, op->name, op->roles,
		    op->flags);
		for (const struct store_field *f = op->request; f->tag != 0;
		    f++)
			(void)printf(" %u:%s:%c", f->tag, store_type_name(
			    store_tag_find(f->tag)->type), uses[f->use]);
		(void)printf("\n");
	}
	return 0;
}
