#!/usr/bin/env python3
"""Without --allow-outside no packet of localserve leaves loopback."""
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
import network  # noqa: E402

# The resolver and the rest of the world are beyond the interface.
NAMESERVER = "198.51.100.53"
FOREIGN = 20


def send_all(ls, t, count):
    """Sends mail to 20 domains, by SMTP and by submission."""
    for i in range(FOREIGN):
        recipient = "somebody@domain%d.example" % i
        how = {"offset": 587, "login": "you@localhost"} if i % 2 else {}
        ls.send("sender@origin%d.example" % i, [recipient],
                lib.message("foreign %d" % i), **how)
    with ls.imap() as box:
        t.ok(box.wait_exists(count + FOREIGN),
             "mail to %d foreign domains arrives at you@localhost" % FOREIGN)
    return count + FOREIGN


def send_bounce(ls, t, count):
    """Sends a message that imapd refuses after Postfix has accepted it."""
    hops = "".join("Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0000"
                   "\r\n" for _ in range(20))
    ls.send("sender@origin.example", ["somebody@domain.example"],
            hops + lib.message("loops"))
    with ls.imap() as box:
        t.ok(box.wait_exists(count + 1),
             "a bounce to a foreign sender arrives at you@localhost")
        t.match(box.fetch()[-1], r"Undelivered Mail.*5\.4\.6",
                "the bounce gives the reason")
    return count + 1


def main():
    lib.postfix_dir()
    network.enter(NAMESERVER)
    t = lib.Tap()
    outside = network.Outside()
    ls = lib.Localserve(t, "--set", "received-max=10")
    with ls:
        count = send_all(ls, t, 0)
        t.equal(outside.sent(), 0, "no packet has left loopback")
        count = send_bounce(ls, t, count)
        t.equal(outside.sent(), 0, "no packet has left for a bounce")
        t.equal(ls.process.stop(signal.SIGTERM), 0, "localserve stops")
        t.ok(ls.start(), "localserve starts again")
        send_all(ls, t, count)
        t.equal(outside.sent(), 0, "no packet has left after a restart")
    t.equal(outside.sent(), 0, "no packet has left at the stop")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", (NAMESERVER, 53))
    t.ok(outside.sent() > 0, "a packet to the resolver would be counted")
    t.done()


main()
