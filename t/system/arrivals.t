#!/usr/bin/env python3
"""Limits on how much an account accepts from a network, with a real Postfix.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from milter_talk import Talk, send, wait_line                 # noqa: E402

YOU, OTHER = "you@localhost", "u0001@localhost"
SENDER = "a@test.example"
LIMITS = ("delivery-messages-per-minute=0, 6, 0",
          "delivery-messages-per-day=3, 0, 0",
          "delivery-bytes-per-minute=0, 0, 60K")


def outside(ls, ip, to=YOU, size=100):
    """Sends a message from an outside host.  Returns code and text of the
    reply."""
    body = "\n".join(["x" * 70] * (size // 71))
    return send(ls, SENDER, to, lib.message("from " + ip) + body, ip=ip)


def messages(t, ls):
    for i in range(3):
        t.equal(outside(ls, "192.0.2.1")[0], 250, f"message {i + 1} of 3")
    with Talk(ls, ip="192.0.2.1", helo="x") as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        code, text = c.say("RCPT TO:<%s>" % YOU)
        t.ok(code == 452 and "4.2.2" in text,
             "the fourth message is deferred at RCPT", text)
        t.ok("3 messages from 192.0.2.1 in 24 hours" in text,
             "the reply names the limit", text)
        t.equal(c.code("RCPT TO:<%s>" % OTHER), 250,
                "another account accepts it")
    t.ok(wait_line(ls, "setting=delivery-messages-per-day"),
         "the log names the setting")
    for i in range(3):
        t.equal(outside(ls, f"192.0.2.{10 + i}")[0], 250,
                "a message from the same network is accepted")
    t.ok("6 messages from 192.0.2.0/26 in 60 s" in
         outside(ls, "192.0.2.20")[1],
         "then the limit of the network is reached")
    t.equal(outside(ls, "198.51.100.1")[0], 250,
            "other networks are not limited")


def at_the_end(t, ls):
    """A client that announces no size is refused at the end of the message."""
    t.equal(outside(ls, "203.0.113.1", OTHER, 30 << 10)[0], 250,
            "a message of 30K of 60K is accepted")
    with Talk(ls, ip="203.0.115.1", helo="x") as c:
        t.equal(c.envelope(SENDER, OTHER), [250, 250],
                "RCPT is accepted while there is any room")
        code, text = c.data(lib.message("large") + "y" * 900 + "\n" +
                            "\n".join(["x" * 900] * 40))
        t.ok(code == 452 and "60K bytes from 203.0.112.0/21" in text,
             "a message that does not fit is refused at its end", text)
    t.ok(wait_line(ls, "action=tempfail reason=over-rate "
                   "setting=delivery-bytes-per-minute"),
         "the log names the byte limit")


def several(t, ls):
    """With an SPF pass a message may have two recipients; their results may
    differ."""
    full, free = "u0000@localhost", "u0002@localhost"
    other = "u0003@localhost"

    def both(*recipients):
        with Talk(ls, ip="192.0.2.1", name="mail.test.example",
                  helo="mail.test.example") as c:
            t.equal(c.envelope(SENDER, *recipients), [250] * 3,
                    "two recipients")
            return c.data(lib.message("several"))

    for account in (full, other):
        ls.postern("account", "set", account, "quota-bytes=1")
    with ls.imap(free) as box:
        t.equal(both(full, free)[0], 250,
                "if only one of them is full, the message is accepted")
        t.ok(box.wait_exists(1), "the other recipient gets it")
    until = lib.deadline()
    kept = re.compile(rb"to=<u0000@localhost>,.* status=deferred .* 452 ")
    while not kept.search(ls.log()) and lib.left(until) > 0:
        os.sched_yield()
    t.ok(kept.search(ls.log()), "the MTA queues it for the full one")
    code, text = both(full, other)
    t.ok(code == 452 and "4.2.2" in text,
         "if both are full, the client gets the refusal", text)


def refusals(t, ls):
    """Both recipients refuse at the end, one of them temporarily."""
    off, full = "u0003@localhost", "u0004@localhost"
    for recipients in ((off, full), (full, off)):
        with Talk(ls, helo="x") as c:
            t.equal(c.envelope(SENDER, *recipients), [250] * 3,
                    "two recipients")
            ls.postern("account", "set", off, "disabled=yes")
            ls.postern("account", "set", full, "quota-bytes=1")
            code, text = c.data(lib.message("refused"))
            t.ok(code == 452 and "4.2.2" in text,
                 "one disabled, one full: the temporary refusal is sent", text)
        ls.postern("account", "set", off, "disabled=no")
    with Talk(ls, helo="x") as c:
        c.envelope(SENDER, off)
        ls.postern("account", "set", off, "disabled=yes")
        code, text = c.data(lib.message("refused"))
        t.ok(code == 550 and "5.2.1" in text,
             "disabled alone: the refusal is permanent", text)


def exempt(t, ls):
    for i in range(8):
        ls.send(SENDER, [YOU], lib.message("own network"))
    with Talk(ls, ip="192.0.2.1", helo="x", login=YOU) as c:
        t.equal(c.envelope(YOU, OTHER), [250, 250],
                "a user who has logged in is not limited")


def restart(t, ls):
    """After kill -9 the counts are rebuilt from the delivered messages."""
    with ls.imap() as box:
        t.ok(box.wait_exists(15), "all accepted messages are delivered")
    ls.kill("postern-imapd")
    until = lib.deadline()
    code = 451
    # While imapd is away, Postfix answers.
    while code == 451 and lib.left(until) > 0:
        code = outside(ls, "192.0.2.1")[0]
    t.equal(code, 452, "after imapd was killed the limit still applies")
    t.equal(outside(ls, "198.51.100.1")[0], 250,
            "other clients are not limited")


def main():
    t = lib.Tap()
    words = [w for s in LIMITS for w in ("--set", s)]
    with lib.Localserve(t, "--users", "5", "--set", "slow-delay=1ms",
                        *words) as ls:
        messages(t, ls)
        at_the_end(t, ls)
        several(t, ls)
        refusals(t, ls)
        exempt(t, ls)
        restart(t, ls)
    t.done()


main()
