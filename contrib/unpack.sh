#!/bin/sh
# Unpacks Debian packages into a folder, so that a private instance of their
# programs can run from there.  They are not installed: they add no service, no
# user and nothing in /etc.  Only the libraries that they need are installed.
#
#	contrib/unpack.sh DIR SET PACKAGE...
#
# SET is the set of contrib/packages.sh with those libraries.
set -eu

[ $# -ge 3 ] || { echo "usage: $0 DIR SET PACKAGE..." >&2; exit 2; }

dir=$1
set=$2
shift 2
[ -f "$dir/unpacked" ] && exit 0

"$(dirname "$0")/packages.sh" "$set"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$dir/download
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT

# When run by root, apt would download as its own user, who may not be able to
# search the folders above this one.
download() {
	(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$@")
}

# Fetches the package lists if they are missing or older than the archive.
update() {
	if [ "$(id -u)" -eq 0 ]; then
		apt-get update -qq
	elif command -v sudo >/dev/null; then
		sudo apt-get update -qq
	else
		echo "unpack.sh: cannot download $*; 'apt-get update' may help, but this is not run as root, and there is no sudo" >&2
		exit 1
	fi
}

echo "unpacking $* into $dir (not installed)"
download "$@" 2>/dev/null || { update "$@"; download "$@"; }
for p in "$work"/*.deb; do
	dpkg-deb -x "$p" "$dir"
done
: >"$dir/unpacked"
