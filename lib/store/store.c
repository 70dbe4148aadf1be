/* store - begins reads of the store */
#include <config.h>

#include "store/store.h"

int
store_snap(struct store *s, struct kv_snap *snap, struct err *err)
{
	return kv_snap_begin(s->db.kv, snap, err);
}
