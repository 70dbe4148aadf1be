#!/usr/bin/env python3
"""Limits of what an account takes from a network, with a real Postfix."""
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
    """The code and text that a message from there meets."""
    body = "\n".join(["x" * 70] * (size // 71))
    return send(ls, SENDER, to, lib.message("from " + ip) + body, ip=ip)


def messages(t, ls):
    for i in range(3):
        t.equal(outside(ls, "192.0.2.1")[0], 250, f"message {i + 1} of 3")
    with Talk(ls, ip="192.0.2.1", helo="x") as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        code, text = c.say("RCPT TO:<%s>" % YOU)
        t.ok(code == 452 and "4.2.2" in text,
             "the next one is deferred at RCPT", text)
        t.ok("3 messages from 192.0.2.1 in 24 hours" in text,
             "and the text names the limit", text)
        t.equal(c.code("RCPT TO:<%s>" % OTHER), 250,
                "another account takes it")
    t.ok(wait_line(ls, "setting=delivery-messages-per-day"),
         "the log names the setting")
    for i in range(3):
        t.equal(outside(ls, f"192.0.2.{10 + i}")[0], 250, "from beside it")
    t.ok("6 messages from 192.0.2.0/26 in 60 s" in
         outside(ls, "192.0.2.20")[1], "until their network is full")
    t.equal(outside(ls, "198.51.100.1")[0], 250, "others are not")


def at_the_end(t, ls):
    """Who says nothing about the size hears it when it is known."""
    t.equal(outside(ls, "203.0.113.1", OTHER, 30 << 10)[0], 250, "30K of 60K")
    with Talk(ls, ip="203.0.115.1", helo="x") as c:
        t.equal(c.envelope(SENDER, OTHER), [250, 250], "there is some room")
        code, text = c.data(lib.message("large") + "y" * 900 + "\n" +
                            "\n".join(["x" * 900] * 40))
        t.ok(code == 452 and "60K bytes from 203.0.112.0/21" in text,
             "but not so much", text)
    t.ok(wait_line(ls, "action=tempfail reason=over-rate "
                   "setting=delivery-bytes-per-minute"),
         "the log names that one, too")


def several(t, ls):
    """Who SPF vouches for may name two; at the end they may differ."""
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
                "one of them is full: the message is taken")
        t.ok(box.wait_exists(1), "the other has it")
    until = lib.deadline()
    kept = re.compile(rb"to=<u0000@localhost>,.* status=deferred .* 452 ")
    while not kept.search(ls.log()) and lib.left(until) > 0:
        os.sched_yield()
    t.ok(kept.search(ls.log()), "the MTA keeps it for the full one")
    code, text = both(full, other)
    t.ok(code == 452 and "4.2.2" in text,
         "both are full: the client is told", text)


def refusals(t, ls):
    """Both refuse at the end, one of them only for now."""
    off, full = "u0003@localhost", "u0004@localhost"
    for recipients in ((off, full), (full, off)):
        with Talk(ls, helo="x") as c:
            t.equal(c.envelope(SENDER, *recipients), [250] * 3,
                    "two recipients")
            ls.postern("account", "set", off, "disabled=yes")
            ls.postern("account", "set", full, "quota-bytes=1")
            code, text = c.data(lib.message("refused"))
            t.ok(code == 452 and "4.2.2" in text,
                 "disabled and full: the temporary refusal counts", text)
        ls.postern("account", "set", off, "disabled=no")
    with Talk(ls, helo="x") as c:
        c.envelope(SENDER, off)
        ls.postern("account", "set", off, "disabled=yes")
        code, text = c.data(lib.message("refused"))
        t.ok(code == 550 and "5.2.1" in text,
             "disabled alone: refused for good", text)


def exempt(t, ls):
    for i in range(8):
        ls.send(SENDER, [YOU], lib.message("own network"))
    with Talk(ls, ip="192.0.2.1", helo="x", login=YOU) as c:
        t.equal(c.envelope(YOU, OTHER), [250, 250],
                "who has logged in is not limited")


def restart(t, ls):
    """Counted again from what was delivered."""
    with ls.imap() as box:
        t.ok(box.wait_exists(15), "all are delivered")
    ls.kill("postern-imapd")
    until = lib.deadline()
    code = 451
    # While there is no imapd, Postfix says so.
    while code == 451 and lib.left(until) > 0:
        code = outside(ls, "192.0.2.1")[0]
    t.equal(code, 452, "imapd was killed, and the limit still holds")
    t.equal(outside(ls, "198.51.100.1")[0], 250, "and for nobody else")


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
