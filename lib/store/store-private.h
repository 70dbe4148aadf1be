/* store-private - steps of opening a store, for store.c and verify.c */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "store/store.h"

/* The lock's descriptor, or -1. */
int store_lock(const char *dir, struct err *err);

/* Opens the environment in the config's folder and checks its format. */
int store_open_kv(const struct store_config *config, struct log *log,
    bool read_only, struct kv **kv, struct err *err);

/* Finds the large bodies beside it. */
int store_open_segments(const struct store_config *config, struct log *log,
    struct kv *kv, bool read_only, struct segments **g, struct err *err);

/* Writes the format into a new store. */
int store_check_format(struct kv *kv, const char *dir, struct err *err);

#endif
