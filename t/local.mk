# t: everything here speaks TAP and runs in `make check'.
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir;
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .t
T_LOG_DRIVER = $(LOG_DRIVER)

include t/unit/local.mk
include t/fuzz/local.mk
include t/system/local.mk
include t/bench/local.mk

# Tests that take minutes: `t/run.sh --all' adds them.
LONG_TESTS = $(long_system_tests)

print-tests:
	@echo $(TESTS)
print-long-tests:
	@echo $(LONG_TESTS)
fuzz-targets: $(fuzz_targets)
.PHONY: print-tests print-long-tests fuzz-targets

EXTRA_DIST += t/run.sh t/layers.t contrib/packages.sh \
	contrib/postfix-unpack.sh contrib/quickstart.sh contrib/unpack.sh \
	contrib/sendmail/postern.mc \
	contrib/postfix/main.cf contrib/postfix/master.cf \
	contrib/postfix/postern.conf contrib/postfix/postern-origin.regexp
TESTS += t/layers.t


# postern-imapd's protocols for the MTA and for our programs.
check_PROGRAMS += t/system/seal_origin
t_system_seal_origin_SOURCES = t/system/seal_origin.c
t_system_seal_origin_LDADD = lib/auth/libauth.a $(BASE_ARCHIVES) \
	$(AUTH_LIBS) $(POSTERN_LIBS)
check_PROGRAMS += t/system/request_list
t_system_request_list_SOURCES = t/system/request_list.c
t_system_request_list_LDADD = lib/proto/libproto.a $(BASE_ARCHIVES) \
	$(POSTERN_LIBS)
imapd_tests = t/system/lmtp.t t/system/maps.t t/system/start.t \
	t/system/store.t
TESTS += $(imapd_tests)
EXTRA_DIST += $(imapd_tests) t/system/lines.py t/system/request_client.py

EXTRA_DIST += t/ctl.t
TESTS += t/ctl.t
