/*
 * power_disk - a disk as it might be after a power cut
 *
 * What was flushed is there; of what was not, a random part, in pieces: the
 * names of files too.
 *
 *	d = disk_new(&record, BLOCK, &seed);
 *	for (i = 0; i < cut; i++)
 *		disk_step(d, i, true);
 *	disk_write(d, from, to);	// any number of times
 *	disk_free(&d);
 */
#ifndef T_UNIT_POWER_DISK_H
#define T_UNIT_POWER_DISK_H

#include "power_record.h"

#define BLOCK		4096	/* what a disk writes whole, mostly */
#define SECTOR		512	/* what it writes whole always */

struct disk;

/* The record is borrowed, and so is the state of the random numbers.  piece:
   in which writes are torn. */
struct disk *disk_new(const struct record *r, size_t piece, uint64_t *seed);
void disk_free(struct disk **d);

/* A number below n. */
uint64_t disk_random(uint64_t *seed, uint64_t n);

/* Files in the state folder count as flushed: before a record that begins
   there.  They get their numbers in the record. */
void disk_load(struct disk *d, struct record *r, const char *folder);

/* The record goes on by one event (notes are not the disk's business). */
void disk_step(struct disk *d, size_t event, bool folders_are_flushed);

/* Makes the state folder `to', for the one that was recorded as `from'. */
void disk_write(struct disk *d, const char *from, const char *to);

#endif
