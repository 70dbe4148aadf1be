#!/bin/sh
# Installs the Debian packages that postern needs.
#
#	contrib/packages.sh SET...		install missing packages
#	contrib/packages.sh --list SET...	only print the names
#
# The sets are:
#
#	build		to compile postern
#	postfix		libraries of localserve's private Postfix
#	user		to run localserve as an ordinary user
#	run		to send and read mail by hand
#	test		to run the tests
#	sendmail	in addition, for the tests with Sendmail
#
# As root it runs apt-get, otherwise sudo apt-get.
set -eu

build="autoconf automake make gcc libc6-dev pkg-config perl
libdb5.3-dev libevent-dev libmilter-dev libssl-dev libargon2-dev libidn2-dev
libunistring-dev libpcre2-dev libjansson-dev libcrypt-dev uthash-dev
libunbound-dev libopendkim-dev libpsl-dev libspf2-dev dns-root-data publicsuffix"
postfix="libnsl2 libicu72 libsasl2-2 libdb5.3 libssl3"
sendmail="m4 libnsl2 libldap-2.5-0 liblockfile1 libwrap0 libsasl2-2 libdb5.3 libssl3"
user="uidmap"
run="swaks libnet-ssleay-perl curl"
test="clang libclang-rt-14-dev llvm-14 libcmocka-dev libgmime-3.0-dev python3
mandoc openssl xz-utils iproute2 mount uidmap procps swaks libnet-ssleay-perl curl isync
libsasl2-modules neomutt expect python3-dkim python3-spf python3-dnspython python3-yaml
python3-authres python3-cryptography"

list=
[ "${1:-}" = --list ] && { list=1; shift; }
wanted=
for set in "$@"; do
	case $set in
	build) wanted="$wanted $build" ;;
	postfix) wanted="$wanted $postfix" ;;
	sendmail) wanted="$wanted $sendmail" ;;
	user) wanted="$wanted $user" ;;
	run) wanted="$wanted $run" ;;
	test) wanted="$wanted $test" ;;
	*) echo "packages.sh: unknown set '$set', expected build, postfix, user, run, test or sendmail" >&2; exit 2 ;;
	esac
done
if [ -n "$list" ]; then
	printf '%s\n' $wanted | sort -u
	exit 0
fi

missing=
for p in $(printf '%s\n' $wanted | sort -u); do
	s=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) || s=
	[ "$s" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "packages.sh: cannot install missing packages: not run as root, and there is no sudo:$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "installing Debian packages:$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends $missing >/dev/null
