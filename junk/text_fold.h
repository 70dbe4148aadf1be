/*
 * text_fold - text as a reader sees it, so that disguised words are the same
 *
 * Runs of white space and control characters become one space.  Characters
 * without width (zero-width space and joiners, soft hyphen, variation
 * selectors, direction marks) are dropped.  Letters that look like ASCII
 * letters become these: Latin letters with accents, Cyrillic and Greek
 * look-alikes, full-width and mathematical forms.  Capital ASCII letters
 * become small.  Other characters stay.
 *
 * The input is UTF-8; bytes that are not stay as they are.  The output is
 * never longer than the input.
 */
#ifndef JUNK_TEXT_FOLD_H
#define JUNK_TEXT_FOLD_H

#include "base/buf.h"

/* Appends the folded text. */
void text_fold(struct buf *out, struct bytes in);

#endif
