/* background_step - the ways to end a slice of a todo record's work */
#include <config.h>

#include "store/background_step.h"

int
todo_done(struct todo_work *w, enum todo_state *state)
{
	todo_del(w->b, w->account, w->kind, w->number);
	*state = TODO_DONE;
	return 0;
}

int
todo_more(struct todo_work *w, enum todo_state *state)
{
	todo_update(w->b, w->account, w->kind, w->number, &w->todo);
	*state = TODO_MORE;
	return 0;
}

int
todo_later(enum todo_state *state)
{
	*state = TODO_LATER;
	return 0;
}
