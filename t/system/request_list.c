/*
 * request_list - the table of store operations, for tests and the manual
 *
 *	request_list		one line each: number, name, roles, flags, and
 *				the fields of the request as tag:type:use, use
 *				being ! required, ? optional, * repeated
 *	request_list -m	the lists of postern-store-protocol(7)
 */
#include <config.h>

#include "proto/request_table.h"

static void
lines_print(void)
{
	static const char uses[] = { [FIELD_OPTIONAL] = '?',
	    [FIELD_REQUIRED] = '!', [FIELD_REPEATED] = '*' };

	for (const struct request_op *op = request_ops; op->number != 0; op++) {
		(void)printf("%u %s %u %u", op->number, op->name, op->roles,
		    op->flags);
		for (const struct request_field *f = op->request; f->tag != 0;
		    f++)
			(void)printf(" %u:%s:%c", f->tag, request_type_name(
			    request_tag_find(f->tag)->type), uses[f->use]);
		(void)printf("\n");
	}
}

/* "Request: account, password (optional).", unless there is no field. */
static void
fields_print(const char *what, const struct request_field *fields)
{
	static const char *const notes[] = {
	    [FIELD_OPTIONAL] = " No (optional)", [FIELD_REQUIRED] = "",
	    [FIELD_REPEATED] = " No (any number)" };

	if (fields == NULL || fields[0].tag == 0)
		return;
	(void)printf("%s:\n", what);
	for (const struct request_field *f = fields; f->tag != 0; f++)
		(void)printf(".Ic %s%s%s\n", request_tag_find(f->tag)->name,
		    notes[f->use], f[1].tag == 0 ? " ." : " ,");
}

static void
roles_print(unsigned roles)
{
	bool is_first = true;

	(void)printf("For");
	for (unsigned bit = 1; bit <= ROLE_ADMIN; bit <<= 1)
		if (roles & bit) {
			(void)printf("%s %s", is_first ? "" : ",",
			    request_role_name((enum request_role)bit));
			is_first = false;
		}
	(void)printf(".\n");
}

static void
manual_print(void)
{
	(void)printf(".Ss Operations\n.Bl -tag -width Ds\n");
	for (const struct request_op *op = request_ops; op->number != 0; op++) {
		(void)printf(".It %u Ic %s\n", op->number, op->name);
		(void)printf("%c%s.\n", op->help[0] & ~32, op->help + 1);
		roles_print(op->roles);
		fields_print("Request", op->request);
		if (op->flags & REQUEST_DATA_IN)
			(void)printf("The request has data.\n");
		fields_print("Rows", op->row);
		if (op->flags & REQUEST_DATA_OUT)
			(void)printf("The answer has data.\n");
		fields_print("Done", op->done);
	}
	(void)printf(".El\n.Ss Fields\n"
	    ".Bl -column \"999\" \"case-sensitive\" \"text\" \"999999\"\n");
	for (const struct request_tag_row *r = request_tags; r->tag != 0; r++) {
		(void)printf(".It %u Ta %s Ta %s", r->tag, r->name,
		    request_type_name(r->type));
		if (r->max > 0)
			(void)printf(" Ta %u\n", r->max);
		else
			(void)printf(" Ta -\n");
	}
	(void)printf(".El\n");
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		manual_print();
	else
		lines_print();
	return 0;
}
