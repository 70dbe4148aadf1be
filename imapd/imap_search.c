/* imap_search - SEARCH: walks the mailbox and collects the matches. */
#include <config.h>

#include <iconv.h>

#include "imapd/imap_search.h"
#include "imapd/imapd.h"

struct search {
	struct imap_search args;
	struct number_set all;
	struct imap_walk walk;
	unsigned what;
	struct imap_chunk chunk;
	size_t at;
	enum match match[CHUNK_ROWS];
	struct buf found;		/* own: " 1 2 3" */
};

static void
search_drop(struct imap_session *s, struct imap_command *cmd)
{
	struct search *x = cmd->state;

	imap_chunk_free(&x->chunk);
	buf_free(&x->found);
}

static unsigned
what_of(const struct imap_search_key *k)
{
	unsigned what = 0;

	for (; k != NULL; k = k->next)
		switch (k->op) {
		case IMAP_SEARCH_ALL:
		case IMAP_SEARCH_SEQ:
		case IMAP_SEARCH_UID:
			break;
		case IMAP_SEARCH_FLAG:
		case IMAP_SEARCH_UNFLAG:
		case IMAP_SEARCH_KEYWORD:
		case IMAP_SEARCH_UNKEYWORD:
		case IMAP_SEARCH_NEW:
			what |= CHUNK_FLAGS;
			break;
		case IMAP_SEARCH_AND:
		case IMAP_SEARCH_OR:
		case IMAP_SEARCH_NOT:
			what |= what_of(k->child);
			break;
		default:
			what |= CHUNK_MESSAGE;
			break;
		}
	return what;
}

static int
judge(struct imap_session *s, struct search *x, size_t i,
    enum search_level level, struct err *err)
{
	struct chunk_row *row = &x->chunk.row[i];
	struct search_subject subject = {
		.s = s, .row = row, .level = level,
		.seq = view_seq(s->selected->mailbox.view, row->uid),
	};
	struct parsed pd;

	if (level > LEVEL_ROW) {
		if (parsed_open(imap_chunk_record(&x->chunk, row), &pd,
		    err) == -1)
			return -1;
		subject.pd = &pd;
	}
	return search_match(&subject, x->args.keys, &x->match[i], err);
}

/*
 * Tests the rows of the next chunk, then reads the parsed records of those that
 * are still undecided.
 */
static int
search_chunk(struct imap_session *s, struct search *x, struct err *err)
{
	bool open = false;

	x->at = 0;
	if (imap_chunk_next(s, &x->walk, x->what, &x->chunk, err) == -1)
		return -1;
	for (size_t i = 0; i < x->chunk.n; i++) {
		x->match[i] = MATCH_NO;
		if (!x->chunk.row[i].gone &&
		    judge(s, x, i, LEVEL_ROW, err) == -1)
			return -1;
		x->chunk.row[i].wanted = x->match[i] == MATCH_OPEN;
		open |= x->chunk.row[i].wanted;
	}
	return open ? imap_chunk_parsed(s, &x->chunk, err) : 0;
}

/* Decides one row: by the parsed record, then by the body. */
static int
search_row(struct imap_session *s, struct search *x, struct err *err)
{
	const struct chunk_row *row = &x->chunk.row[x->at];

	if (x->match[x->at] == MATCH_OPEN && row->gone)
		x->match[x->at] = MATCH_NO;
	if (x->match[x->at] == MATCH_OPEN &&
	    judge(s, x, x->at, LEVEL_PARSED, err) == -1)
		return -1;
	if (x->match[x->at] == MATCH_OPEN &&
	    judge(s, x, x->at, LEVEL_BODY, err) == -1) {
		if (err->code != ERR_CODE_GONE)
			return -1;
		x->match[x->at] = MATCH_NO;
	}
	return 0;
}

static enum cmd_result
search_step(struct imap_session *s, struct imap_command *cmd)
{
	struct search *x = cmd->state;
	struct err err = ERR_INIT;
	uint32_t uid;

	do {
		for (; x->at < x->chunk.n; x->at++) {
			if (conn_should_yield(s->conn))
				return CMD_YIELD;
			if (search_row(s, x, &err) == -1)
				return cmd_fail(s, cmd, &err);
			if (x->match[x->at] != MATCH_YES)
				continue;
			uid = x->chunk.row[x->at].uid;
			buf_printf(&x->found, " %u", cmd->uid ? uid :
			    view_seq(s->selected->mailbox.view, uid));
		}
		if (search_chunk(s, x, &err) == -1)
			return cmd_fail(s, cmd, &err);
	} while (x->chunk.n > 0);
	buf_str(imap_out(s), "* SEARCH");
	buf_bytes(imap_out(s), buf_view(&x->found));
	buf_str(imap_out(s), "\r\n");
	return cmd_ok(cmd, "SEARCH done");
}

static bool
charset_is_known(struct arena *a, struct bytes name)
{
	const char *s = bytes_cstr(a, name);
	iconv_t cd;

	if (s == NULL || name.len > 40)
		return false;
	cd = iconv_open("UTF-8", s);
	if (cd == (iconv_t)-1)
		return false;
	(void)iconv_close(cd);
	return true;
}

enum cmd_result
cmd_search(struct imap_session *s, struct imap_command *cmd)
{
	struct search *x = arena_zalloc(&cmd->arena, sizeof(*x));
	const struct view *v = s->selected->mailbox.view;
	struct err err = ERR_INIT;

	if (imap_parse_search(&cmd->cursor, &x->args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (x->args.has_return)
		return cmd_bad(cmd, "ESEARCH is not supported");
	if (x->args.charset.len > 0 &&
	    !charset_is_known(&cmd->arena, x->args.charset))
		return cmd_no(cmd, "BADCHARSET (US-ASCII UTF-8)",
		    "the charset is not supported");
	if (search_prepare(s, cmd, &x->args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	cmd->state = x;
	cmd->drop = search_drop;
	x->what = what_of(x->args.keys);
	if (v->count > 0) {
		x->all.range = arena_zalloc(&cmd->arena,
		    sizeof(*x->all.range));
		x->all.range[0].first = view_uid(v, 1);
		x->all.range[0].last = view_uid(v, v->count);
		x->all.n = 1;
	}
	imap_walk_init(&x->walk, &x->all);
	cmd->step = search_step;
	return search_step(s, cmd);
}
