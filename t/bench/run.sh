#!/bin/sh
# Measures postern and Dovecot in the same run and prints a table.
#
#	t/bench/run.sh [OPTION]... [GROUP]...
#
#	--build DIR	a built tree (build/bench below the sources, which
#			is configured with -O2 and built if it is not there)
#	--rounds N	how often everything is measured (3): the table shows
#			medians
#	--seconds N	how long a row of deliveries may take (10)
#	--quick		one round with small mailboxes, to try it out
#	--servers LIST	of "postern maildir mdbox"
#	--keep FILE	writes all figures to FILE as they are measured
#
# The groups are those of bench_mail, which lists them; `beside' (mailboxes of
# a million messages) runs only if it is named.  Two more groups measure the
# store alone and also run only if named: `grown' delivers to a store of
# 1,000,000 messages in 1,000 accounts, `recovery' opens one that was killed
# while 32 threads delivered.
#
# Dovecot takes part if Debian's dovecot-imapd and dovecot-lmtpd are installed:
# a private instance for each of its formats, in a scratch folder, with every
# setting that makes it fast (processes are reused, logins are cached) and its
# own default for flushing.  The host's Dovecot is not touched.  The servers
# take turns at each group, so that other load on the machine affects all of
# them alike.
#
# This is not a test: it measures speed, not correctness.  Everything is on
# loopback.  As root the idle rows can have all the descriptors they need.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build/bench
rounds=3
servers="postern maildir mdbox"
sizes=
keep=
seconds=10
users=1000		# of the idle rows; the others use 100 of them
idle=5000
idle_peer=1000
while [ $# -gt 0 ]; do
	case $1 in
	--build) build=$(cd "$2" && pwd); shift ;;
	--rounds) rounds=$2; shift ;;
	--seconds) seconds=$2; shift ;;
	--quick) rounds=1 seconds=2 idle=500 idle_peer=100 users=100
		sizes="--rounds 2 --middle 1000 --big 10000 --huge 50000" ;;
	--servers) servers=$2; shift ;;
	--keep) keep=$2; shift ;;
	-*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
groups=${*:-lmtp fetch search change dialogue append notify select idle idle-tls}

tmp=$(mktemp -d)
chmod 755 "$tmp"
figures=${keep:-$tmp/figures}
: >"$figures"
running=
trap 'stop_all; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"

if [ ! -x "$build/t/bench/bench_mail" ]; then
	mkdir -p "$build"
	(cd "$build" && { [ -f Makefile ] ||
	    "$top/configure" -q CFLAGS='-O2 -g'; } &&
	    make -s -j"$(nproc)" all t/bench/bench_mail \
	    t/bench/bench_deliver)
fi
bench=$build/t/bench/bench_mail

# ---- servers -------------------------------------------------------------

# Each has its own ports: base+143, base+993, lmtp base+24.
base_of() {
	case $1 in
	postern) echo 25000 ;;
	maildir) echo 26000 ;;
	mdbox) echo 27000 ;;
	hibernate) echo 28000 ;;
	esac
}

# wait_for SECONDS COMMAND...
wait_for() {
	n=$(($1 * 10)); shift
	until "$@" 2>/dev/null; do
		n=$((n - 1))
		[ "$n" -gt 0 ] || return 1
		sleep 0.1
	done
}

start_postern() {
	base=$(base_of postern)
	"$build/ctl/postern" localserve --dir "$tmp/postern" \
	    --port-base "$base" --lmtp-port $((base + 24)) \
	    --users "$users" --postfix "$postfix" \
	    >"$tmp/postern.out" 2>"$tmp/postern.log" &
	echo $! >"$tmp/postern.master"
	wait_for 60 grep -q "127.0.0.1:$((base + 143))" "$tmp/postern.out" || {
		tail "$tmp/postern.log" >&2
		exit 1
	}
	pgrep -P "$(cat "$tmp/postern.master")" -x postern-imapd \
	    >"$tmp/postern.pid"
}

# Prints Dovecot's configuration.  $1 server, $2 format, $3 more settings.
dovecot_conf() {
	d=$tmp/$1
	base=$(base_of "$1")
	me=$(id -un) mail=$me login=$me
	if [ "$(id -u)" -eq 0 ]; then
		me=dovecot login=dovenull mail=nobody
	fi
	mkdir -p "$d/mail" "$d/run"
	chown "$mail" "$d/mail"
	i=0
	while [ "$i" -lt "$users" ]; do
		printf 'u%04d@localhost:{PLAIN}localserve::::::\n' "$i"
		i=$((i + 1))
	done >"$d/passwd"
	cat >"$d/dovecot.conf" <<-EOF
	base_dir = $d/run
	state_dir = $d/run
	log_path = $d/log
	listen = 127.0.0.1
	protocols = imap lmtp
	default_internal_user = $me
	default_login_user = $login
	default_vsz_limit = 0
	first_valid_uid = 1
	mail_uid = $mail
	mail_gid = $(id -gn "$mail")
	mail_home = $d/mail/%n
	mail_location = $2:$d/mail/%n/mail
	disable_plaintext_auth = no
	auth_cache_size = 10M
	mail_max_userip_connections = 0
	ssl = yes
	ssl_cert = <$tmp/cert.pem
	ssl_key = <$tmp/key.pem
	passdb {
	  driver = passwd-file
	  args = username_format=%u $d/passwd
	}
	userdb {
	  driver = static
	  args = uid=$mail gid=$(id -gn "$mail") home=$d/mail/%n
	}
	service imap-login {
	  chroot =
	  service_count = 0
	  client_limit = 20000
	  process_min_avail = 2
	  process_limit = 2
	  inet_listener imap {
	    port = $((base + 143))
	  }
	  inet_listener imaps {
	    port = $((base + 993))
	  }
	}
	service anvil {
	  chroot =
	  client_limit = 40000
	}
	service auth {
	  client_limit = 40000
	}
	service imap {
	  service_count = 100
	  process_min_avail = 4
	  process_limit = 20000
	  unix_listener imap-master {
	    user = $me
	  }
	}
	service imap-hibernate {
	  client_limit = 20000
	  unix_listener imap-hibernate {
	    mode = 0666
	  }
	}
	service lmtp {
	  process_min_avail = 4
	  process_limit = 200
	  inet_listener lmtp {
	    port = $((base + 24))
	  }
	}
	$3
	EOF
}

start_dovecot() {
	d=$tmp/$1
	dovecot -F -c "$d/dovecot.conf" >>"$d/log" 2>&1 &
	echo $! >"$tmp/$1.master"
	echo $! >"$tmp/$1.pid"
	wait_for 20 test -S "$d/run/login/imap" && sleep 1 || {
		tail "$d/log" >&2
		exit 1
	}
}

start() {
	case $1 in
	postern) start_postern ;;
	*) start_dovecot "$1" ;;
	esac
	running="$running $1"
}

stop() {
	pid=$(cat "$tmp/$1.master")
	kill "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
	left=
	for s in $running; do
		[ "$s" = "$1" ] || left="$left $s"
	done
	running=$left
}

stop_all() {
	for s in $running; do
		stop "$s"
	done
}

prepare() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$tmp/key.pem" -out "$tmp/cert.pem" -days 30 \
	    -subj /CN=localhost 2>/dev/null
	if ! command -v dovecot >/dev/null ||
	    [ ! -x /usr/lib/dovecot/lmtp ] || [ ! -x /usr/lib/dovecot/imap ]; then
		servers=postern
		echo "Dovecot is not installed: measured without it" >&2
		return
	fi
	dovecot_conf maildir maildir ""
	dovecot_conf mdbox mdbox ""
	dovecot_conf hibernate mdbox "imap_hibernate_timeout = 2s
	service imap {
	  idle_kill = 3s
	}"
}

# ---- the store alone -------------------------------------------------------

store_grown() {
	deliver="$build/t/bench/bench_deliver -a 1000"
	mkdir "$tmp/grown" "$tmp/young"
	echo "1,000,000 messages are delivered, in ten parts:"
	$deliver -b 200 -t 200 -n 1000000 -p 100000 "$tmp/grown"
	echo "then 20,000 of 4 KB, after a restart:"
	$deliver -n 20000 "$tmp/grown"
	echo "the same to a new store:"
	$deliver -n 20000 "$tmp/young"
	rm -rf "$tmp/grown" "$tmp/young"
}

store_recovery() {
	deliver="$build/t/bench/bench_deliver -a 1000"
	mkdir "$tmp/killed"
	for n in 1 2 3; do
		$deliver -n 4000000 "$tmp/killed" &
		pid=$!
		sleep 10
		kill -9 "$pid"
		wait "$pid" || :
		echo "killed after 10 s; opened again:"
		$deliver -n 1000 "$tmp/killed"
	done
	rm -rf "$tmp/killed"
}

# ---- measuring -----------------------------------------------------------

# measure SERVER [OPTION]... GROUP...
measure() {
	s=$1; shift
	base=$(base_of "$s")
	# shellcheck disable=SC2086
	"$bench" --imap $((base + 143)) --imaps $((base + 993)) \
	    --lmtp $((base + 24)) --pid "$(cat "$tmp/$s.pid")" \
	    --users 100 --seconds "$seconds" $sizes "$@" |
	    sed "s/^/$s /" >>"$figures"
}

# Runs a group on one server, after what it needs.
measure_group() {
	case $2 in
	fetch)	measure "$1" seed fetch ;;
	select)	stop "$1"; start "$1"; measure "$1" select ;;
	*)	measure "$1" "$2" ;;
	esac
}

# Runs once, on servers that have just started: otherwise freed memory that
# they keep would make sessions look cheap.  Dovecot hibernates its sessions,
# which is its best case.
measure_idle() {
	case $servers in
	*postern*)
		stop postern
		start postern
		measure postern --users "$users" --count "$idle" "$1" ;;
	esac
	case $servers in
	*mdbox*)
		start hibernate
		measure hibernate --users "$users" --count "$idle_peer" "$1"
		stop hibernate ;;
	esac
}

case $groups in
grown|recovery)
	"store_$groups"
	exit 0 ;;
esac
postfix=$build/postfix
prepare
case $servers in
*postern*) "$top/contrib/postfix-unpack.sh" "$postfix" ;;
esac
for s in $servers; do
	start "$s"
done
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	for g in $groups; do
		for s in $servers; do
			case $g in idle*) continue ;; esac
			echo "round $round: $g, $s (load $(cut -d' ' -f1 \
			    /proc/loadavg))" >&2
			measure_group "$s" "$g"
		done
	done
done
for g in $groups; do
	case $g in
	idle*)
		echo "$g" >&2
		measure_idle "$g" ;;
	esac
done
python3 "$top/t/bench/table.py" "$figures"
