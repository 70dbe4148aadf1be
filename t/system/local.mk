# t/system: real daemons, a real Postfix, real clients.
system_tests = \
	t/system/admin.t \
	t/system/arrivals.t \
	t/system/clients.t \
	t/system/dkim.t \
	t/system/dmarc.t \
	t/system/milter-results.t \
	t/system/imap.t \
	t/system/junk-flags.t \
	t/system/large.t \
	t/system/mail-limits.t \
	t/system/localserve.t \
	t/system/loopback.t \
	t/system/origin.t \
	t/system/production.t \
	t/system/restart.t \
	t/system/send-test.t \
	t/system/sendmail.t \
	t/system/sessions.t
TESTS += $(system_tests)
EXTRA_DIST += $(system_tests) \
	t/system/imap_client.py \
	t/system/imapd.py \
	t/system/lib.py \
	t/system/milter_talk.py \
	t/system/network.py \
	t/system/tap.py

# Faults.
fault_tests = t/system/backup.t \
	t/system/crash.t \
	t/system/fulldisk.t \
	t/system/limits.t \
	t/system/restart-matrix.t \
	t/system/slow.t
long_system_tests = t/system/backup-long.t \
	t/system/crash-long.t \
	t/system/restart-matrix-long.t
TESTS += $(fault_tests)
EXTRA_DIST += $(fault_tests) $(long_system_tests) \
	t/system/backup.py \
	t/system/crash.py \
	t/system/crash_load.py \
	t/system/restart_matrix.py \
	t/system/tokens.py

# SPF against others.
TESTS += t/system/spf.t
EXTRA_DIST += t/system/spf.t

# The junk filter on mail in files.
TESTS += t/system/junk.t
EXTRA_DIST += t/system/junk.t
