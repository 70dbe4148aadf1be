# t/unit: cmocka programs, one per subject.
if HAVE_CMOCKA
UNIT_LDADD = $(CMOCKA_LIBS) $(POSTERN_LIBS)

unit_tests = t/unit/test_buf
t_unit_test_buf_SOURCES = t/unit/test_buf.c
t_unit_test_buf_LDADD = lib/base/libbase.a $(UNIT_LDADD)

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
