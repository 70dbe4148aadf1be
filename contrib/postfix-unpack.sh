#!/bin/sh
# Unpacks Debian's Postfix into a folder, to run a private instance from
# there (postern localserve --postfix DIR).  The package is never installed:
# no service, no user, nothing in /etc.  Only libraries are.
#
#	contrib/postfix-unpack.sh DIR
set -eu

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }

dir=$1
[ -f "$dir/unpacked" ] && exit 0

"$(dirname "$0")/packages.sh" postfix
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$dir/download
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT

# As root apt would hand the download to its own user, who may not be able
# to search the folders above this one.
download() {
	(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root postfix)
}

# Lists that are missing, or older than the archive, are fetched once.
update() {
	if [ "$(id -u)" -eq 0 ]; then
		apt-get update -qq
	elif command -v sudo >/dev/null; then
		sudo apt-get update -qq
	else
		echo "postfix-unpack.sh: apt cannot download postfix, and neither root nor sudo is here for 'apt-get update'" >&2
		exit 1
	fi
}

echo "unpacking Postfix into $dir (it is not installed)"
download 2>/dev/null || { update; download; }
dpkg-deb -x "$work"/postfix_*.deb "$dir"
: >"$dir/unpacked"
