/*
 * integrity - checks a whole store
 */
#ifndef REPAIR_INTEGRITY_H
#define REPAIR_INTEGRITY_H

#include "store/store.h"

/*
 * Checks a whole store, which no process may have open, by every rule of
 * doc/store.md "Invariants".  Calls report with a sentence for each fault, and
 * progress with the table being read.  Returns the number of faults, or -1.
 */
int64_t integrity_check(const struct store_config *config, struct log *log,
    void (*report)(void *arg, const char *fault),
    void (*progress)(void *arg, const char *what), void *arg,
    struct err *err);

#endif
