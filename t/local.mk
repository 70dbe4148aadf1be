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
LONG_TESTS =

print-tests:
	@echo $(TESTS)
print-long-tests:
	@echo $(LONG_TESTS)
fuzz-targets: $(fuzz_targets)
.PHONY: print-tests print-long-tests fuzz-targets

EXTRA_DIST += t/run.sh t/layers.t contrib/packages.sh \
	contrib/postfix-unpack.sh contrib/quickstart.sh
TESTS += t/layers.t


EXTRA_DIST += t/ctl.t
TESTS += t/ctl.t
