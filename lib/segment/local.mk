# lib/segment: large immutable bytes in files.
noinst_LIBRARIES += lib/segment/libsegment.a
lib_segment_libsegment_a_SOURCES = \
	lib/segment/segment.c lib/segment/segment.h \
	lib/segment/segment_file.h \
	lib/segment/segment_backup.c \
	lib/segment/segment_op.c \
	lib/segment/segment_reclaim.c \
	lib/segment/segment_row.c lib/segment/segment_row.h \
	lib/segment/segment_write.c \
	lib/segment/segments.h \
	lib/segment/tables.c lib/segment/tables.h
