/*
 * dns_data-private - the structs that dns_data.c and dns_data_line.c share
 */
#ifndef NET_DNS_DATA_PRIVATE_H
#define NET_DNS_DATA_PRIVATE_H

#include <uthash.h>

#include "net/dns_data.h"

#define DNS_DATA_TTL	3600u	/* of lines that give none */

/* Records of one type. */
struct dns_data_set {
	struct dns_data_set *next;
	enum dns_type type;
	uint32_t ttl;
	size_t n;
	struct bytes *rdata;
};

struct dns_data_node {
	UT_hash_handle hh;
	struct dns_data_set *sets;
	enum dns_status other;		/* for types without a record */
	bool is_secure;
	uint8_t wire[];			/* the name, in lower case */
};

struct dns_data {
	struct arena arena;		/* own: all nodes */
	struct dns_data_node *nodes;	/* uthash by wire name */
};

/* Returns the node of a name; makes it, and those above it, if missing. */
struct dns_data_node *dns_data_node(struct dns_data *d,
    const struct dns_name *name);

void dns_data_add(struct dns_data *d, struct dns_data_node *node,
    enum dns_type type, uint32_t ttl, struct bytes rdata);

/* Adds all lines.  Returns 0, or -1 with an error that has file and line. */
int dns_data_lines(struct dns_data *d, const char *file, struct bytes text,
    struct err *err);

#endif
