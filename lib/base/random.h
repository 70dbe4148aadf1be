/*
 * random - unpredictable bytes from the kernel
 *
 * Suitable for keys, nonces, salts and ids.  Failure ends the process, because
 * nothing can go on without them.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *p, size_t n);
uint64_t random_u64(void);

/* A number from 0 to n - 1, all equally likely; n must not be 0. */
uint64_t random_below(uint64_t n);

#endif
