#!/usr/bin/env python3
"""The milter and its clients: limits by network, protocols, HELO, delays,
sender domains, the trial mode.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
from milter_talk import Talk, configure, milter_lines, send, took, \
    wait_line  # noqa: E402

YOU = "you@localhost"
SENDER = "a@test.example"


def rate(t, ls):
    configure(ls, "connection-rate-limit = 3, 5, 100")

    def one(ip, first="EHLO x"):
        with Talk(ls, ip) as c:
            return c.say(first)

    codes = [one("198.51.100.1")[0] for _ in range(3)]
    t.equal(codes, [250] * 3, "connections up to the limit are admitted")
    code, text = one("198.51.100.1")
    t.equal(code, 421, "one more gets 421 at EHLO")
    t.match(text, r"421 4\.7\.0 more than 3 connections in 1 minute from "
            r"your address 198\.51\.100\.1, try again later",
            "the 421 names the limit")
    t.ok(wait_line(ls, "setting=connection-rate-limit"),
         "the log names the setting")
    t.equal(one("198.51.100.1", "MAIL FROM:<%s>" % SENDER)[0], 421,
            "a client that begins with MAIL is refused there")
    t.equal(one("198.51.100.1", "WHO")[0], 421,
            "a client that begins with an unknown command is refused there")
    with Talk(ls, "198.51.100.1") as c:
        t.ok(c.last[0] == 421 or c.say("EHLO x")[0] == 0,
             "above twice the limit it is closed at connect")
    t.equal([one("198.51.100.2")[0] for _ in range(3)], [250, 250, 421],
            "the network of 26 bits has a limit")
    t.match(one("198.51.100.3")[1], r"5 connections .* from your network "
            r"198\.51\.100\.0/26", "the 421 names the network")
    t.equal(one("198.51.100.64")[0], 250, "the next network has its own limit")
    t.equal([one("2001:db8::%d" % i)[0] for i in range(1, 5)],
            [250, 250, 250, 421],
            "in IPv6 an address with the same 64 bits is the same client")
    t.equal(one("2001:db8:0:1::1")[0], 250, "other 64 bits are another client")
    with Talk(ls, helo="x") as c:
        t.equal(c.last[0], 250, "own networks have no limit")
    for ip in ("198.51.100.99", ) * 4:
        code = one(ip)[0]
    t.equal(code, 421, "a third client is over its limit")
    configure(ls, "connection-rate-limit = 3, 5, 100",
              "exempt-clients = 198.51.100.99")
    t.equal(one("198.51.100.99")[0], 250, "exempt-clients have no limit")
    configure(ls, "connection-rate-limit = 3, 5, 100",
              "trusted-relays = 198.51.100.99/32")
    t.equal(one("198.51.100.99")[0], 250, "trusted-relays have no limit")


def open_connections(t, ls):
    configure(ls, "open-connections-limit = 2, 3, 100")
    first = [Talk(ls, "203.0.113.1", helo="x") for _ in range(2)]
    t.equal([c.last[0] for c in first], [250, 250],
            "two connections may be open")
    with Talk(ls, "203.0.113.1", helo="x") as c:
        t.match(c.last[1], r"421 4\.7\.0 more than 2 simultaneous "
                r"connections from your address 203\.0\.113\.1",
                "a third one gets 421")
    other = Talk(ls, "203.0.113.2", helo="x")
    t.equal(other.last[0], 250, "another address may connect")
    with Talk(ls, "203.0.113.3", helo="x") as c:
        t.match(c.last[1], r"421 .*network 203\.0\.113\.0/26",
                "a network may have three")
    t.ok(wait_line(ls, "setting=open-connections-limit", 2),
         "the log names the setting")
    first[0].say("QUIT")
    first[0].close()
    until = lib.deadline()
    code = 421
    while code == 421 and lib.left(until) > 0:
        with Talk(ls, "203.0.113.1", helo="x") as c:
            code = c.last[0]
    t.equal(code, 250, "a closed connection makes room")
    for c in [first[1], other]:
        c.close()


def submission(t, ls):
    configure(ls, "connection-rate-limit = 1, 0, 0",
              "open-connections-limit = 1, 0, 0")
    held = []
    for i in range(4):
        c = Talk(ls, "203.0.113.77", helo="x", login=YOU, offset=587)
        held.append(c)
        t.ok(c.last[0] == 250 and c.envelope(SENDER, YOU) == [250, 250],
             "user %d behind one address may submit" % i)
    for c in held:
        c.close()
    codes = []
    for i in range(2):
        with Talk(ls, "203.0.113.78", helo="x", offset=587) as c:
            codes.append((c.last[0], c.code("MAIL FROM:<a@test.example>")))
    t.equal([c[0] for c in codes], [250, 250],
            "on submission no client is refused before MAIL")
    t.equal(codes[1][1], 421,
            "on submission a client without login is refused at MAIL")


def protocols(t, ls):
    configure(ls)
    for line in ("GET / HTTP/1.0", "FOO", "\x16\x03\x01"):
        with Talk(ls) as c:
            code, text = c.say(line)
            t.ok(code == 421 and c.is_closed(),
                 "a first command %r is not SMTP: closed" % line[:5],
                 "%r" % text)
    t.equal(len(milter_lines(ls, "level=info") and
                [s for s in milter_lines(ls, "client does not speak SMTP")
                 if "level=debug" not in s]), 0, "only the debug log has it")
    for line in ("HELP", "NOOP", "EXPN x", "VRFY"):
        with Talk(ls) as c:
            c.say(line)
            t.equal(c.code("EHLO x"), 250, "%s is accepted as SMTP" % line)
    with Talk(ls, helo="x") as c:
        t.ok(c.code("FOO") >= 500 and c.code("NOOP") == 250,
             "a later unknown command is only refused")


def helo(t, ls):
    name = {"ip": "203.0.113.10", "helo": "nowhere.example"}
    mail = "MAIL FROM:<%s>" % SENDER
    with Talk(ls, **name) as c:
        t.equal(c.code(mail), 250,
                "a HELO name without an address is admitted")
    configure(ls, "reject-unresolvable-helo = yes")
    with Talk(ls, **name) as c:
        t.equal([c.code(mail), c.code(mail)], [550, 550],
                "reject-unresolvable-helo refuses it at each MAIL")
    for good in ("mail.test.example", "[203.0.113.10]", "servfail.example"):
        with Talk(ls, "203.0.113.11", helo=good) as c:
            t.equal(c.code(mail), 250, "EHLO %s is not refused" % good)
    with Talk(ls, helo="nowhere.example") as c:
        t.equal(c.code(mail), 250, "own networks are not refused")


def slowness(t, ls):
    configure(ls, "slow-delay = 20s", "unknown-recipients-limit = 0, 0, 0")
    with Talk(ls, "203.0.113.20", helo="mail.test.example") as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        t.ok(took(c.code, "RCPT TO:<%s>" % YOU)[1] < 15,
             "before a mistake no command waits")
    configure(ls, "slow-delay = 300ms", "unknown-recipients-limit = 0, 0, 0")
    with Talk(ls, "203.0.113.20", helo="mail.test.example") as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        c.code("RCPT TO:<%s>" % YOU)
        t.equal(c.code("RCPT TO:<nobody@localhost>"), 550,
                "an unknown recipient is refused")
        rows = []
        for line in ("RCPT TO:<nobody@localhost>", "RCPT TO:<%s>" % YOU,
                     "FOO", "EHLO x", "MAIL FROM:<%s>" % SENDER,
                     "RCPT TO:<%s>" % YOU, "DATA"):
            rows.append(took(c.code, line)[1])
        t.ok(all(s >= 0.299 for s in rows), "after it each command waits",
             repr(rows))
        c.sock.sendall(b"X-Many: 1\r\n" * 100
                       + lib.message("slow").encode() + b".\r\n")
        (code, _), seconds = took(c.reply)
        t.ok(code == 250 and 0.299 <= seconds < 15,
             "the end of the message waits once, its header does not")
    with open(os.path.join(ls.dir, "dns-data"), "a") as f:
        f.write(DNS)
    rows = [("mail.test.example", "a@nowhere.example", 550, True),
            ("mail.test.example", "a@servfail.example", 451, False),
            ("nowhere.example", SENDER, 550, True)]
    for name, sender, want, waits in rows:
        configure(ls, "slow-delay = " + ("300ms" if waits else "20s"),
                  "reject-unresolvable-helo = yes")
        with Talk(ls, "203.0.113.21", helo=name) as c:
            t.equal(c.code("MAIL FROM:<%s>" % sender), want,
                    "%s from %s: %d" % (sender, name, want))
            seconds = took(c.code, "EHLO x")[1]
            t.ok(seconds >= 0.299 if waits else seconds < 15,
                 "that refusal slows the client down" if waits else
                 "that reply does not slow the client down")
    configure(ls, "slow-delay = 20s", "max-sleepers = 0",
              "unknown-recipients-limit = 0, 0, 0")
    with Talk(ls, "203.0.113.20", helo="mail.test.example") as c:
        c.envelope(SENDER, "nobody@localhost")
        t.ok(took(c.code, "RCPT TO:<%s>" % YOU)[1] < 15,
             "without room for another sleeper no client waits")
    configure(ls, "slow-delay = 20s", "max-sleepers = 0",
              "sleepers-full = defer", "unknown-recipients-limit = 0, 0, 0")
    with Talk(ls, "203.0.113.20", helo="mail.test.example") as c:
        c.envelope(SENDER, "nobody@localhost")
        t.equal(c.code("RCPT TO:<%s>" % YOU), 421,
                "with sleepers-full = defer they are deferred")


def sender_domains(t, ls):
    configure(ls)
    rows = [("a@test.example", 250, ""), ("", 250, ""),
            ("a@mail.test.example", 250, ""),
            ("a@null.example", 550, "5.7.27 "),
            ("a@nowhere.example", 550, "5.7.27 "),
            ("a@[192.0.2.1]", 550, "5.7.0 "),
            ("a@servfail.example", 451, "4.4.0 ")]
    for sender, want, enhanced in rows:
        with Talk(ls, "203.0.113.30", helo="mail.test.example") as c:
            code, text = c.say("MAIL FROM:<%s>" % sender)
            t.ok(code == want and enhanced in text,
                 "MAIL FROM:<%s> is answered %d %s" % (sender, want,
                                                       enhanced), text)
    with Talk(ls, helo="x") as c:
        t.equal(c.code("MAIL FROM:<a@nowhere.example>"), 250,
                "own networks may use any sender domain")
    configure(ls, "exempt-senders = @nowhere.example, x@null.example")
    for sender, want in (("a@nowhere.example", 250), ("a@null.example", 550),
                         ("x@null.example", 250)):
        with Talk(ls, "203.0.113.30", helo="mail.test.example") as c:
            t.equal(c.code("MAIL FROM:<%s>" % sender), want,
                    "with exempt-senders, %s: %d" % (sender, want))
    configure(ls, "check-sender-domain = no")
    with Talk(ls, "203.0.113.30", helo="mail.test.example") as c:
        t.equal(c.code("MAIL FROM:<a@null.example>"), 250,
                "check-sender-domain = no checks nothing")


def trial(t, ls):
    """In trial mode nothing is refused; the log and the header say what would
    have been."""
    configure(ls, "enforce = no", "connection-rate-limit = 1, 0, 0",
              "reject-unresolvable-helo = yes",
              "unknown-recipients-limit = 1, 0, 0")
    n = len(milter_lines(ls, "would refuse"))
    for _ in range(4):
        code, text = send(ls, "a@null.example", YOU,
                          "Postern-Trial: forged\n" + lib.message("trial"),
                          ip="203.0.113.40", helo="nowhere.example")
        t.equal(code, 250, "the trial mode accepts everything")
    lines = milter_lines(ls, "would refuse")[n:]
    for setting in ("connection-rate-limit", "reject-unresolvable-helo",
                    "check-sender-domain"):
        t.ok(any("setting=" + setting in s for s in lines),
             "the log says what %s would refuse" % setting)
    with Talk(ls) as c:
        t.ok(c.code("FOO") >= 500 and c.code("EHLO x") == 250,
             "another protocol is not disconnected")
    trial_full(t, ls)


def trial_full(t, ls):
    """One session more than is allowed."""
    configure(ls, "milter-sessions-max = 1")
    with Talk(ls, helo="x") as first:
        first.code("NOOP")
        with Talk(ls, helo="x") as c:
            t.equal(c.envelope(SENDER, YOU)[0], 451,
                    "a session above milter-sessions-max is deferred")
    t.ok(wait_line(ls, "setting=milter-sessions-max"),
         "the log names the setting")
    configure(ls, "milter-sessions-max = 1", "enforce = no")
    with Talk(ls, helo="x") as first:
        first.code("NOOP")
        with Talk(ls, helo="x") as c:
            t.equal(c.envelope(SENDER, YOU), [250, 250],
                    "it is accepted in trial mode")


def trial_header(t, ls):
    with ls.imap() as box:
        last = [m for m in box.fetch() if b"Subject: trial" in m][-1]
    t.ok(b"Postern-Trial: would refuse: 550 5.7.27 " in last and
         b"setting check-sender-domain\r\n" in last,
         "a header field says what would have been refused")
    t.equal(last.count(b"Postern-Trial: would refuse: 421 4.7.0 more than 1 "
                       b"connections"), 1,
                       "a field about the connection is there once")
    t.ok(b"forged" not in last, "such a field from outside is removed")


DNS = """
null.example IN MX 0 .
servfail.example SERVFAIL
"""


def main():
    t = lib.Tap()
    with lib.Localserve(t, "--set", "log-level=debug") as ls:
        with open(os.path.join(ls.dir, "dns-data"), "a") as f:
            f.write(DNS)
        rate(t, ls)
        open_connections(t, ls)
        submission(t, ls)
        protocols(t, ls)
        helo(t, ls)
        sender_domains(t, ls)
        trial(t, ls)
        trial_header(t, ls)
    with lib.Localserve(t, "--set", "catch-all-address=") as ls:
        slowness(t, ls)
    t.done()


main()
