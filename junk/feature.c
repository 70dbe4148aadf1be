/* feature - lists of features, and the texts of those that can be shown. */
#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "junk/feature.h"

static void *
allocate(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		fatal("out of memory for %zu bytes", n);
	return p;
}

struct features *
features_new(bool readable)
{
	struct features *f = allocate(sizeof(*f));

	f->readable = readable;
	for (int g = 0; readable && g < FEATURE_GROUPS; g++)
		f->shown[g] = allocate(FEATURE_GROUP_MAX *
		    sizeof(*f->shown[g]));
	return f;
}

void
features_free(struct features **f)
{
	if (*f == NULL)
		return;
	for (int g = 0; g < FEATURE_GROUPS; g++)
		free((*f)->shown[g]);
	buf_free(&(*f)->text);
	free(*f);
	*f = NULL;
}

void
features_clear(struct features *f)
{
	for (int g = 0; g < FEATURE_GROUPS; g++) {
		f->group[g].count = 0;
		f->shown_count[g] = 0;
	}
	buf_clear(&f->text);
}

void
features_show(struct features *f, enum feature_group g,
    const struct bytes *pieces, size_t count)
{
	struct feature_text *t;

	if (!f->readable || f->group[g].count == 0 ||
	    f->shown_count[g] == FEATURE_GROUP_MAX)
		return;
	t = &f->shown[g][f->shown_count[g]++];
	t->index = f->group[g].count - 1;
	t->offset = (uint32_t)f->text.len;
	for (size_t i = 0; i < count; i++)
		buf_bytes(&f->text, pieces[i]);
	t->len = (uint32_t)f->text.len - t->offset;
}

const char *
feature_group_name(enum feature_group g)
{
	static const char *const names[FEATURE_GROUPS] = {
		"words of the header", "words of the text",
		"letters of the header", "letters of the text", "HTML markup"
	};

	return names[g];
}
