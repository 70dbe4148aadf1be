#!/bin/sh
# Unpacks Debian's Postfix into a folder, so that a private instance can run
# from there (postern localserve --postfix DIR).  See unpack.sh.
#
#	contrib/postfix-unpack.sh DIR
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
exec "$(dirname "$0")/unpack.sh" "$1" postfix postfix
