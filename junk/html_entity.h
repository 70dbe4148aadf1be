/*
 * html_entity - character references of HTML
 *
 * Numbers, the names of Latin-1 and the typographic names that occur in mail;
 * of the 2,231 names of HTML 5 the rest stays as it is written.
 */
#ifndef JUNK_HTML_ENTITY_H
#define JUNK_HTML_ENTITY_H

#include "base/buf.h"

/*
 * name is what stands between '&' and ';', such as "amp" or "#65".  Returns
 * the length of the character in UTF-8, or 0 if it is not a reference.
 */
size_t html_entity(struct bytes name, char utf8[4]);

#endif
