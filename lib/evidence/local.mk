# lib/evidence: what accounts know of senders and recipients.
noinst_LIBRARIES += lib/evidence/libevidence.a
lib_evidence_libevidence_a_SOURCES = \
	lib/evidence/arrivals.c lib/evidence/arrivals.h \
	lib/evidence/correspondent.c lib/evidence/correspondent.h \
	lib/evidence/dmarc_data.c lib/evidence/dmarc_data.h \
	lib/evidence/submission.c lib/evidence/submission.h \
	lib/evidence/submission_row.c lib/evidence/submission_row.h
