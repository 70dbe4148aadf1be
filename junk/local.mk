# junk: the classifier.
noinst_LIBRARIES += junk/libjunk.a
junk_libjunk_a_SOURCES = \
	junk/explain.c junk/explain.h \
	junk/extract.c junk/extract.h \
	junk/feature.c junk/feature.h \
	junk/html_entity.c junk/html_entity.h \
	junk/html_text.c junk/html_text.h \
	junk/keyed_hash.c junk/keyed_hash.h \
	junk/model.c junk/model.h \
	junk/table.c junk/table.h \
	junk/text_fold.c junk/text_fold.h \
	junk/token.c junk/token.h
JUNK_LIBS = -lm
