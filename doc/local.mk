# doc: what is explained at length.
EXTRA_DIST += doc/architecture.md doc/junk.md doc/milter.md \
	doc/performance.md doc/reliability.md doc/store.md \
	doc/verification.md
