/*
 * random - bytes nobody can guess, from the kernel
 *
 * Good for keys, nonces, salts and ids.  Failing ends the process: there is
 * no way on without them.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *p, size_t n);
uint64_t random_u64(void);

/* 0 up to n - 1, each equally likely; n is not 0. */
uint64_t random_below(uint64_t n);

#endif
