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

#define BLOCK		4096	/* a disk mostly writes this much at once */
#define SECTOR		512	/* a disk always writes this much at once */

struct disk;

/* The record and the state of the random numbers are borrowed.  Writes are torn
   into pieces of piece bytes. */
struct disk *disk_new(const struct record *r, size_t piece, uint64_t *seed);
void disk_free(struct disk **d);

/* A random number below n. */
uint64_t disk_random(uint64_t *seed, uint64_t n);

/* Loads the files in the state folder as flushed, before the events of the
   record.  They get their numbers in the record. */
void disk_load(struct disk *d, struct record *r, const char *folder);

/* Applies the next event of the record.  Notes have no effect. */
void disk_step(struct disk *d, size_t event, bool folders_are_flushed);

/* Writes the disk to the folder `to'; the record names it `from'. */
void disk_write(struct disk *d, const char *from, const char *to);

#endif
