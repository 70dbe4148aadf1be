#!/bin/sh
# Builds postern with sanitizers and runs its tests.
#
#	t/run.sh		the tests that continuous integration runs
#	t/run.sh --all		the long ones too
#	t/run.sh PATTERN	only tests whose file name contains PATTERN
#
# Installs the packages that it needs (contrib/packages.sh), builds below
# build/, and ends with a line "N passed, N failed"; the exit status is 0
# only when nothing failed.
#
# POSTERN_FUZZ_SECONDS (10; with --all 60) is the time of each fuzz target.
set -eu

all=
pattern=
for arg in "$@"; do
	case $arg in
	--all) all=1 ;;
	-*) echo "usage: t/run.sh [--all] [PATTERN]" >&2; exit 2 ;;
	*) pattern=$arg ;;
	esac
done

# Tests that can be long or short check this.
[ -z "$all" ] || export POSTERN_TEST_ALL=1

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
jobs=$(nproc)
fuzz_seconds=${POSTERN_FUZZ_SECONDS:-$([ -n "$all" ] && echo 60 || echo 10)}
passed=0
failed=0
failures=

say() { printf '\n== %s (%s)\n' "$*" "$(date +%T)"; }

# step NAME COMMAND...: runs a command that counts as one test.
step() {
	name=$1; shift
	say "$name"
	mkdir -p build/log
	log=build/log/$(printf %s "$name" | tr -c 'a-z0-9\n' '-').log
	if "$@" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		failures="$failures
    $name (see $log)"
		tail -n 40 "$log"
	fi
}

# configure_in FOLDER OPTION...
configure_in() {
	dir=$1; shift
	mkdir -p "$dir"
	stamp=$(printf '%s ' "$@")
	if [ ! -f "$dir/config.status" ] ||
	    [ "$(cat "$dir/.options" 2>/dev/null)" != "$stamp" ] ||
	    [ configure -nt "$dir/config.status" ]; then
		(cd "$dir" && ../../configure -q "$@") || return 1
		printf %s "$stamp" >"$dir/.options"
	fi
}

build_in() {
	dir=$1; shift
	configure_in "$dir" "$@" && make -s -C "$dir" -j"$jobs" all
}

finish() {
	[ -z "$failures" ] || printf '\nfailed:%s\n' "$failures"
	printf '\n%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

# Runs the tests: automake runs them in parallel and counts TAP lines.
run_checks() {
	say "tests"
	tests=$(make -s -C build/sanitized print-tests)
	[ -z "$all" ] || tests="$tests $(make -s -C build/sanitized print-long-tests)"
	if [ -n "$pattern" ]; then
		tests=$(printf '%s\n' $tests | grep -F -e "$pattern" || true)
		[ -n "$tests" ] || {
			echo "no test's name contains '$pattern'"
			failed=$((failed + 1))
			return
		}
	fi
	rm -f build/sanitized/test-suite.log
	make -s -C build/sanitized -j"$jobs" check TESTS="$(echo $tests)" \
	    >build/log/check.log 2>&1 </dev/null || true
	grep -E '^(FAIL|ERROR|XPASS|SKIP)' build/log/check.log || true
	p=$(sed -n 's/^# PASS: *//p' build/log/check.log | tail -n 1)
	f=$(awk '/^# (FAIL|XPASS|ERROR):/ { n += $3 } END { print n + 0 }' \
	    build/log/check.log)
	if [ -z "$p" ]; then
		tail -n 40 build/log/check.log
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	[ "$f" -eq 0 ] || {
		failures="$failures
    $f of the tests (see build/log/check.log and build/sanitized/t/)"
		for l in $(grep -lE '^:test-result: *(FAIL|ERROR)' \
		    $(find build/sanitized/t -name '*.trs')); do
			printf '\n---- %s\n' "${l%.trs}.log"
			tail -n 60 "${l%.trs}.log"
		done
	}
}

# Builds the programs with clang too, so that its warnings are errors as well.
build_fuzz() {
	configure_in build/fuzz --enable-werror --enable-fuzzing CC=clang \
	    CFLAGS="-O1 -g" &&
	make -s -C build/fuzz -j"$jobs" all &&
	make -s -C build/fuzz -j"$jobs" fuzz-targets
}

# fuzz TARGET: runs it, with a log of its own.
fuzz() {
	name=${1##*/fuzz_}
	mkdir -p "build/fuzz/corpus/$name"
	"$1" -max_total_time="$fuzz_seconds" -rss_limit_mb=512 -timeout=10 \
	    -max_len=65536 -print_final_stats=1 \
	    -artifact_prefix="build/fuzz/crash-$name-" \
	    "build/fuzz/corpus/$name" "t/fuzz/corpus/$name" \
	    >"build/log/fuzz-$name.log" 2>&1 </dev/null
}

# Runs as many at a time as there are processors; each counts as one test.
run_fuzz() {
	say "fuzz targets, $fuzz_seconds s each"
	targets=
	for target in build/fuzz/t/fuzz/fuzz_*; do
		case $target in *.*) continue ;; esac
		[ -x "$target" ] && targets="$targets $target"
	done
	set -- $targets
	while [ $# -gt 0 ]; do
		pids=
		for _ in $(seq "$jobs"); do
			[ $# -gt 0 ] || break
			fuzz "$1" &
			pids="$pids $!:${1##*/fuzz_}"
			shift
		done
		for p in $pids; do
			if wait "${p%%:*}"; then
				passed=$((passed + 1))
				continue
			fi
			failed=$((failed + 1))
			failures="$failures
    fuzz ${p#*:} (see build/log/fuzz-${p#*:}.log)"
			tail -n 40 "build/log/fuzz-${p#*:}.log"
		done
	done
}

# The store and the server with ThreadSanitizer: unit tests with many threads,
# and real connections.  lib/kv/kv.c has the suppressions.
tsan_unit="kv committer account mailbox stored_message stored_message_bulk \
page_write view store_model junk_flags segment segment_reclaim segment_storm \
dial jobpool listen server server_storm server_tls"
tsan_system="backup imap sessions store"

run_tsan() {
	configure_in build/tsan --enable-werror --enable-sanitizers=thread \
	    CFLAGS="-O1 -g" &&
	# In sequence, because `all' starts another make.
	make -s -C build/tsan -j"$jobs" all &&
	make -s -C build/tsan -j"$jobs" t/system/request_list \
	    $(printf 't/unit/test_%s ' $tsan_unit) || return 1
	bad=0
	for t in $tsan_unit; do
		"build/tsan/t/unit/test_$t" || { bad=1; echo "failed: $t"; }
	done
	for t in $tsan_system; do
		top_srcdir=$top top_builddir=$top/build/tsan \
		    python3 "t/system/$t.t" || { bad=1; echo "failed: $t"; }
	done
	return $bad
}

# The tarball must build; its tests are the ones that just ran.
run_distcheck() {
	configure_in build/plain --enable-werror &&
	make -s -C build/plain -j"$jobs" distcheck TESTS= \
	    AM_DISTCHECK_CONFIGURE_FLAGS=--enable-werror
}

say "packages"
contrib/packages.sh build postfix run test
mkdir -p build/log
say "autogen"
./autogen.sh >build/log/autogen.log 2>&1 || {
	cat build/log/autogen.log
	exit 1
}

step "gcc, address and undefined sanitizers, warnings are errors" \
    build_in build/sanitized --enable-werror --enable-sanitizers \
    CFLAGS="-O1 -g"
[ "$failed" -eq 0 ] || finish
run_checks
if [ -z "$pattern" ]; then
	step "clang, fuzz targets, warnings are errors" \
	    build_fuzz
	run_fuzz
	[ -z "$all" ] || step "thread sanitizer: store and server" run_tsan
	step "make distcheck" run_distcheck
fi
finish
