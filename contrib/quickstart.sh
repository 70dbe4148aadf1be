#!/bin/sh
# Builds postern in build/ and runs a complete private mail system on
# loopback: Postfix, postern-milter, postern-imapd.
#
#	contrib/quickstart.sh [OPTION...]	build, then run until Ctrl-C; for
#						options: postern localserve --help
#	contrib/quickstart.sh --build-only	only build
#	contrib/quickstart.sh --selftest	build, send and read test messages,
#						stop; exit status 0 on success
#
# Installs the Debian packages that it needs (contrib/packages.sh), as root or
# with sudo.  Postfix is only unpacked below build/, not installed.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
mode=run
case ${1:-} in
--build-only) mode=build; shift ;;
--selftest) mode=selftest; shift ;;
--help | -h)
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac
if [ $mode != run ] && [ $# -gt 0 ]; then
	echo "quickstart.sh: unexpected argument '$1'" >&2
	exit 2
fi

say() { printf '== %s\n' "$*"; }

# logged NAME COMMAND...: runs COMMAND; prints its output only if it fails.
logged() {
	log=build/log/$1.log
	shift
	mkdir -p build/log
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 40 "$log" >&2
		echo "quickstart.sh: '$*' failed; the whole log is in $log" >&2
		exit 1
	}
}

build() {
	sets='build postfix run'
	[ "$(id -u)" -eq 0 ] || sets="$sets user"
	# shellcheck disable=SC2086 # a list of names
	contrib/packages.sh $sets
	say "building in build/"
	if [ ! -x configure ] || [ configure.ac -nt configure ]; then
		logged autogen ./autogen.sh
	fi
	if [ ! -f build/config.status ]; then
		logged configure sh -c 'cd build && ../configure -q'
	fi
	logged make make -s -C build -j"$(nproc)" all
	contrib/postfix-unpack.sh build/postfix
}

# ---- selftest

scratch=
server=

# The folder has files of other users, which root of our user namespace can
# remove.
cleanup() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	[ -n "$scratch" ] || return 0
	if [ "$(id -u)" -eq 0 ]; then
		rm -rf "$scratch"
	else
		unshare --map-root-user --map-auto rm -rf "$scratch"
	fi
}

fail() {
	echo "selftest: $*" >&2
	echo "selftest: the last lines of the log:" >&2
	tail -n 30 "$scratch/log" >&2
	exit 1
}

# until_true COMMAND...: retries COMMAND for at least 30 seconds.
until_true() {
	tries=150
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

is_ready_or_gone() {
	grep -q 'localserve is ready' "$scratch/out" ||
	    ! kill -0 "$server" 2>/dev/null
}

# Starts localserve; if a port is in use, tries another range.
start() {
	base=$((20000 + $$ % 20000))
	for _ in 1 2 3 4 5; do
		build/ctl/postern localserve --dir "$scratch/localserve" \
		    --port-base $base >"$scratch/out" 2>"$scratch/log" &
		server=$!
		until_true is_ready_or_gone || fail "not ready in 30 seconds"
		grep -q 'localserve is ready' "$scratch/out" && return 0
		wait "$server" || true
		server=
		grep -q 'cannot use port' "$scratch/log" || break
		base=$((base + 1777))
	done
	fail "localserve did not start"
}

# printed PATTERN N: prints the N-th example line of localserve for PATTERN.
printed() {
	sed -n "s/^  \($1 .*\)/\1/p" "$scratch/out" | sed -n "$2p"
}

message_came() {
	eval "$(printed curl 1) --silent --max-time 10" \
	    >"$scratch/message" 2>/dev/null &&
	    grep -q "^Subject: $1" "$scratch/message"
}

# send_and_read N TITLE: sends with the N-th swaks line, reads with curl.
send_and_read() {
	say "$2: $(printed swaks "$1")"
	subject="selftest $1 $$"
	eval "$(printed swaks "$1") --header 'Subject: $subject'" \
	    >"$scratch/swaks" 2>&1 || {
		cat "$scratch/swaks" >&2
		fail "$2: swaks did not send the message"
	}
	until_true message_came "$subject" ||
	    fail "$2: the message did not arrive"
	say "IMAP: $(printed curl 1)"
	sed '/^\r*$/q; s/^/    /' "$scratch/message"
}

selftest() {
	scratch=$(mktemp -d /tmp/postern-selftest.XXXXXX)
	chmod 711 "$scratch"
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
	say "starting localserve"
	start
	send_and_read 1 "SMTP"
	send_and_read 2 "submission"
	kill "$server"
	status=0
	wait "$server" || status=$?
	server=
	[ $status -eq 0 ] || fail "localserve exited with status $status"
	say "selftest passed: both messages were sent, delivered and read"
}

build
case $mode in
build) say "built; run it with: build/ctl/postern localserve" ;;
selftest) selftest ;;
run) exec build/ctl/postern localserve "$@" ;;
esac
