#!/usr/bin/env python3
"""The milter and recipients: unknown, full, disabled, second and special ones;
and mail by sendmail(1).
"""
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
from milter_talk import Talk, configure, milter_lines, send, took, \
    wait_line  # noqa: E402

YOU = "you@localhost"
U1 = "u0001@localhost"
OFF = "u0000@localhost"
FULL = "u0002@localhost"
SENDER = "a@test.example"		# whose SPF record names 192.0.2.1
OURS = {"ip": "192.0.2.1", "name": "mail.test.example",
        "helo": "mail.test.example"}


def account_set(t, ls, *words):
    status, _, said = ls.postern("account", "set", *words)
    t.equal(status, 0, "account set " + " ".join(words))


def statuses(t, ls, by=""):
    ls.send(SENDER, [FULL], lib.message("one"))
    with ls.imap(FULL) as box:
        box.wait_exists(1)
    account_set(t, ls, FULL, "quota-messages=1")
    account_set(t, ls, OFF, "disabled=yes")
    with Talk(ls, **OURS) as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        rows = [("nobody@localhost", 550, "5.1.1"),
                (FULL, 452, "4.2.2"),
                (OFF, 550, "5.2.1")]
        for address, code, enhanced in rows:
            said = c.say("RCPT TO:<%s>" % address)
            t.ok(said[0] == code and said[1].split()[1] == enhanced,
                 "%s%s: %d %s" % (by, address, code, enhanced), repr(said))
        t.equal(c.code("RCPT TO:<%s>" % YOU), 250, by +
                "the other recipients stay")


def statuses_by_us(t, ls, conf):
    """The same, but the MTA accepts any recipient without asking."""
    configure(ls, *conf)
    statuses(t, ls, "by the milter, ")
    account_set(t, ls, U1, "quota-bytes=1M")
    with Talk(ls, **OURS) as c:
        for size, code in ((900000, 250), (1100000, 452)):
            c.code("MAIL FROM:<%s> SIZE=%d" % (SENDER, size))
            t.equal(c.code("RCPT TO:<%s>" % U1), code,
                    "an announced size of %d: %d" % (size, code))
            c.code("RSET")
    t.ok(wait_line(ls, "reason=over-quota"), "the log gives the reason")


def rates(t, ls, conf):
    """The limit of an account on mail from one client; imapd counts."""
    configure(ls, *conf)
    who = {"ip": "198.51.100.70", "helo": "x"}
    codes = [send(ls, "", U1, lib.message("rate"), **who)[0]
             for _ in range(2)]
    t.equal(codes, [250, 250], "two messages in a minute are accepted")
    code, text = send(ls, "", U1, lib.message("rate"), **who)
    t.ok(code == 452 and "4.2.2" in text, "a third message is deferred", text)
    t.match(text, "at most 2 messages from 198.51.100.70",
            "the reply gives the limit")
    t.ok(wait_line(ls, "setting=delivery-messages-per-minute"),
         "the log names the setting")
    t.equal(send(ls, "", U1, lib.message("rate"), ip="198.51.100.71",
                 helo="x")[0], 250, "another client may still deliver")
    t.equal([send(ls, "", U1, lib.message("rate"), helo="x")[0]
             for _ in range(3)], [250] * 3, "own networks are not limited")


def harvest(t, ls, conf):
    """Limits on unknown recipients; the MTA does not check recipients."""
    configure(ls, "unknown-recipients-limit = 3, 100, 100", *conf)
    who = {"ip": "198.51.100.20", "helo": "x"}
    with Talk(ls, **who) as c:
        codes = c.envelope(SENDER, *["n%d@localhost" % i for i in range(4)])
        t.equal(codes, [250, 550, 550, 550, 421],
                "after three unknown recipients the client gets 421")
        t.match(c.last[1], r"4\.7\.0 more than 3 unknown recipients in 1 "
                r"hour from your address 198\.51\.100\.20",
                "the 421 names the limit")
        t.ok(c.is_closed(), "the connection is closed")
    t.ok(wait_line(ls, "setting=unknown-recipients-limit"),
         "the log names the setting")
    with Talk(ls, "198.51.100.21", helo="x") as c:
        t.equal(c.envelope(SENDER, YOU), [250, 250],
                "another address is not affected")
    with Talk(ls, helo="x") as c:
        codes = c.envelope(SENDER, *["n%d@localhost" % i for i in range(6)])
        t.equal(codes, [250] + [550] * 6, "own networks are not counted")
    with Talk(ls, "198.51.100.22", helo="x", login=YOU, offset=587) as c:
        codes = c.envelope(YOU, *["n%d@localhost" % i for i in range(6)])
        t.equal(codes, [250] + [550] * 6, "users are not counted")


def harvest_mta(t, ls):
    """The MTA refuses unknown recipients before the milter sees them."""
    configure(ls, "unknown-recipients-limit = 3, 100, 100",
              "slow-delay = 1ms")
    who = {"ip": "198.51.100.30", "helo": "x"}
    with Talk(ls, **who) as c:
        codes = c.envelope(SENDER, *["n%d@localhost" % i for i in range(5)])
        t.equal(codes, [250] + [550] * 5,
                "the MTA itself refuses five recipients")
        c.code("RSET")
        t.equal(c.code("MAIL FROM:<%s>" % SENDER), 421,
                "they are counted: the next MAIL gets 421")
    with Talk(ls, **who) as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        t.ok(c.last[0] == 421 and "unknown recipients" in c.last[1],
             "the next connection gets 421 too", c.last[1])
    configure(ls, "unknown-recipients-limit = 3, 100, 100",
              "slow-delay = 20s", "enforce = no")
    with Talk(ls, **who) as c:
        codes, seconds = took(c.envelope, SENDER, "n1@localhost",
                              "n2@localhost", YOU)
        t.ok(codes == [250, 550, 550, 250] and seconds < 15,
             "with enforce = no, no client gets 421 and none waits",
             repr((codes, seconds)))


def denied(t, ls):
    """A recipient that the MTA refuses for another reason is not unknown."""
    configure(ls, "unknown-recipients-limit = 1, 0, 0", "slow-delay = 20s")
    with Talk(ls, "198.51.100.31", helo="x") as c:
        codes, seconds = took(c.envelope, SENDER, "a@far.example",
                              "b@far.example", YOU)
        t.ok(codes == [250, 554, 554, 250] and seconds < 15,
             "relaying denied by the MTA is not counted and slows no client",
             repr((codes, seconds)))


def hidden(t, ls):
    """hide-unknown-recipients; the MTA does not check recipients."""
    configure(ls, "hide-unknown-recipients = yes", "slow-delay = 1ms",
              "unknown-recipients-limit = 4, 100, 100")
    who = {"ip": "198.51.100.60", "helo": "x"}
    with ls.imap(U1) as box:
        n = box.exists
    with Talk(ls, **who) as c:
        t.equal(c.envelope("a@any.test", "n1@localhost", "n2@localhost"),
                [250] * 3, "unknown recipients are accepted at RCPT")
        code, text = c.data(lib.message("hidden"))
        t.ok(code == 550 and "5.1.1" in text,
             "they are refused at the end of the message", text)
        t.equal(c.envelope("a@any.test", "n3@localhost", U1), [250] * 3,
                "an unknown one is accepted beside a known one")
        t.equal(c.data(lib.message("half hidden"))[0], 250,
                "the message is accepted")
    with ls.imap(U1) as box:
        t.ok(box.wait_exists(n + 1), "the known recipient gets it")
    with Talk(ls, **who) as c:
        c.envelope("a@any.test", "n4@localhost", "n5@localhost")
        t.equal(c.data(lib.message("hidden"))[0], 421,
                "too many unknown ones get 421, also among known ones")
    with Talk(ls, **who) as c:
        t.equal(c.envelope("a@any.test"), [421], "then MAIL gets 421")
    with Talk(ls, helo="x") as c:
        t.equal(c.envelope("a@any.test", "n6@localhost", U1),
                [250, 550, 250], "own networks are refused at RCPT")
    with Talk(ls, "198.51.100.61", helo="x", login=YOU, offset=587) as c:
        t.equal(c.envelope(YOU, "n7@localhost", U1), [250, 550, 250],
                "users are refused at RCPT")


def second(t, ls):
    configure(ls)
    with Talk(ls, **OURS) as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 250],
                "two recipients are accepted if SPF passed")
    with Talk(ls, "198.51.100.40", helo="x") as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 452],
                "only one is accepted if it did not")
        t.match(c.last[1], r"4\.5\.3 one recipient at a time",
                "the reply says why")
        t.equal(c.data(lib.message("for one"))[0], 250,
                "the first recipient stays")
    with Talk(ls, **OURS) as c:
        t.equal(c.envelope("", YOU, U1), [250, 250, 452],
                "a bounce may have one recipient only")
    with Talk(ls, helo="x") as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 250],
                "own networks need no SPF")
    with Talk(ls, "198.51.100.41", helo="x", login=YOU, offset=587) as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 250],
                "users need no SPF")
    configure(ls, "recipients-max = 1")
    with Talk(ls, **OURS) as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 452],
                "recipients-max is enforced")
    configure(ls, "second-recipient-needs-spf = no")
    with Talk(ls, "198.51.100.40", helo="x") as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 250],
                "with second-recipient-needs-spf = no, two are accepted")
    configure(ls, "exempt-senders = @test.example")
    for sender, third in ((SENDER, 250), ("a@mail.test.example", 452)):
        with Talk(ls, "198.51.100.40", helo="x") as c:
            t.equal(c.envelope(sender, YOU, U1), [250, 250, third],
                    "with exempt-senders, %s: %d" % (sender, third))
    configure(ls, "exempt-clients = 198.51.100.0/24")
    with Talk(ls, "198.51.100.40", helo="x") as c:
        t.equal(c.envelope(SENDER, YOU, U1), [250, 250, 250],
                "exempt clients need no SPF")


def special(t, ls):
    configure(ls, "special-timeout = 300ms")
    for address in ("sales-550@localhost", "u0400@localhost"):
        ls.postern("address", "add", address, YOU)
    with ls.imap() as box:
        before = box.exists
    rows = [("temperror@any.example", 451, "4.0.0"),
            ("x.permerror@localhost", 550, "5.0.0"),
            ("rcpttopermerror@any.example", 550, "5.0.0"),
            ("452@any.example", 452, "4.0.0"),
            ("x-554@any.example", 554, "5.0.0"),
            ("rcptto-421@any.example", 421, "4.0.0")]
    for address, want, enhanced in rows:
        code, text = send(ls, SENDER, address, lib.message("special"))
        t.ok(code == want and text.split()[1] == enhanced,
             "%s is answered %d %s" % (address, want, enhanced), text)
    with Talk(ls, helo="x") as c:
        t.equal(c.envelope("mailfrom-451@any.example"), [451],
                "a special localpart of the sender works at MAIL")
        t.equal(c.envelope(SENDER, "rcptto550@any.example", YOU),
                [250, 550, 250], "rcptto works at RCPT")
        c.code("RSET")
        t.equal(c.envelope(SENDER, YOU, "x-452@any.example"),
                [250, 250, 250], "other special localparts work at DATA")
        t.equal(c.code("DATA"), 452, "the reply is for all recipients")
    for address in ("timeout@any.example", "rcpttotimeout@any.example"):
        (code, _), seconds = took(send, ls, SENDER, address,
                                  lib.message("special"))
        t.ok(seconds >= 0.29, "%s waits for special-timeout" % address)
        t.equal(code, 451, "it is deferred then")
    rows = ["u0400@localhost", "sales-550@localhost", "a452@any.example"]
    for address in rows:
        t.equal(send(ls, SENDER, address, lib.message("not special"))[0],
                250, "%s is not special" % address)
    with ls.imap() as box:
        t.ok(box.wait_exists(before + len(rows)), "such mail is delivered")
        t.equal([s for s in box.subjects() if s == "special"], [],
                "refused mail was not delivered")
    configure(ls, "special-timeout = 300ms")


def mta(ls, *lines):
    """Replaces the lines at the end of main.cf."""
    path = os.path.join(ls.dir, "postfix", "main.cf")
    if not hasattr(ls, "main_cf"):
        with open(path) as f:
            ls.main_cf = f.read()
    with open(path, "w") as f:
        f.write(ls.main_cf + "".join(s + "\n" for s in lines))
    n = ls.log().count(b"reload -- version")
    os.kill(ls.pid_of("postfix"), signal.SIGHUP)
    until = lib.deadline()
    while ls.log().count(b"reload -- version") == n and lib.left(until) > 0:
        os.sched_yield()


def sendmail(ls, *recipients, subject="by sendmail", sender=SENDER):
    """Submits by way of sendmail(1).  An unpacked postdrop would be setgid and
    so find no libraries."""
    conf = os.path.join(ls.top, "sendmail")
    if not os.path.exists(conf):
        os.mkdir(conf)
        shutil.copyfile(ls.postfix + "/usr/sbin/postdrop", conf + "/real")
        os.chmod(conf + "/real", 0o755)
        with open(conf + "/postdrop", "w") as f:
            f.write("#!/bin/sh\nLD_LIBRARY_PATH=%s/usr/lib/postfix exec "
                    "%s/real \"$@\"\n" % (ls.postfix, conf))
        os.chmod(conf + "/postdrop", 0o755)
        with open(os.path.join(ls.dir, "postfix", "main.cf")) as f:
            lines = [s for s in f if not s.startswith("command_directory")]
        with open(conf + "/main.cf", "w") as f:
            f.write("".join(lines) + "command_directory = %s\n" % conf)
    env = dict(os.environ, MAIL_CONFIG=conf,
               LD_LIBRARY_PATH=ls.postfix + "/usr/lib/postfix")
    return subprocess.run(
        [ls.postfix + "/usr/sbin/sendmail", "-f", sender] +
        list(recipients), env=env, check=False,
        input=("Subject: %s\n\ntext\n" % subject).encode()).returncode


def local_mail(t, ls):
    """The milter cannot refuse a recipient of local mail: that would block the
    queue."""
    configure(ls)
    with ls.imap() as box, ls.imap(U1) as other:
        n, m = box.exists, other.exists
        t.equal(sendmail(ls, YOU, U1, sender="a@nowhere.example",
                         subject="two\nAuthentication-Results: localhost; "
                         "none"), 0, "sendmail(1) accepts a message for two")
        t.ok(box.wait_exists(n + 1) and other.wait_exists(m + 1),
             "both get it without SPF, from any domain")
        t.ok(b"\r\nAuthentication-Results: localhost; none\r\n" in
             box.fetch()[-1], "it keeps the results it had")
        t.equal(sendmail(ls, U1, sender="mailfrom-550@any.example"), 0,
                "sendmail(1) accepts a message whose sender has a special "
                "localpart")
        t.ok(other.wait_exists(m + 2), "that message is delivered")
        t.equal(sendmail(ls, OFF, YOU, sender=YOU), 0,
                "sendmail(1) accepts a message for a disabled account and "
                "another")
        # The other account's copy, and the MTA's bounce for the first.
        t.ok(box.wait_exists(n + 3), "the other account gets it, and a bounce")
        t.equal(os.listdir(os.path.join(ls.dir, "spool", "maildrop")), [],
                "nothing stays in the maildrop queue")
        bounce = [x for x in box.fetch() if b"MAILER-DAEMON" in x]
        t.ok(len(bounce) == 1 and OFF.encode() in bounce[0],
             "the bounce names the disabled account")
        t.ok(b"Authentication-Results:" not in bounce[0],
             "the bounce has no results: it is the MTA's own")
        t.equal(sendmail(ls, OFF, sender=YOU), 0,
                "sendmail(1) accepts a message for the disabled account alone")
        t.ok(box.wait_exists(n + 4), "that message bounces too")
    t.equal([s for s in milter_lines(ls, "mail-from=" + YOU)
             if "action=accept" not in s], [],
            "the milter accepted it: it cannot refuse such mail")
    lines = milter_lines(ls, "msg=message")
    t.ok(any('mail-from="" ' in s for s in lines),
         "the milter saw the bounce")
    local_mail_waits(t, ls)


def local_mail_waits(t, ls):
    """imapd is away: local mail is retried together with the next message."""
    configure(ls, "milter-imapd-timeout = 1s")
    pid = ls.pid_of("postern-imapd")
    with ls.imap() as box:
        n = box.exists
        os.kill(pid, signal.SIGSTOP)
        try:
            sendmail(ls, YOU, "u0001@localhost", subject="early")
            t.ok(wait_line(ls, "reason=trouble"),
                 "mail by sendmail(1) is deferred while imapd is away")
            t.ok(milter_lines(ls, 'msg="no decision"')[-1:] and all(
                "(setting milter-imapd): " in s
                for s in milter_lines(ls, 'msg="no decision"')),
                "the log names the setting for imapd's socket")
        finally:
            os.kill(pid, signal.SIGCONT)
        t.ok(sendmail(ls, YOU, subject="late") == 0 and
             box.wait_exists(n + 2), "it is delivered later")
        t.equal(sorted(box.subjects()[-2:]), ["early", "late"],
                "it is delivered once, without a bounce")
    t.equal(os.listdir(os.path.join(ls.dir, "spool", "maildrop")), [],
            "nothing stays in the maildrop queue")


def judge_calls(ls):
    return len([s for s in ls.log().decode("utf-8", "replace").splitlines()
                if "program=postern-imapd" in s and "op=judge" in s])


def judged_once(t, ls):
    """One question for all recipients; the log level is debug."""
    configure(ls)
    to = [YOU, U1, OFF]
    before = judge_calls(ls)
    with Talk(ls, helo="x") as c:
        c.envelope(SENDER, *to)
        t.equal(c.data(lib.message("for three"))[0], 250,
                "a message for three is accepted")
    t.equal(judge_calls(ls) - before, 1, "imapd judges it once")
    lines = milter_lines(ls, "msg=judged")
    t.ok(len(lines) == 3 and all(
        "rcpt=" + a in s and "verdict=accept reason=no-history" in s
        for a, s in zip(to, lines)), "it judges each account by itself",
         repr(lines))


def judged_in_parts(t, ls):
    """More recipients than fit into one question, all disabled."""
    to = ["u0000+%d@localhost" % i for i in range(1001)]
    before = judge_calls(ls)
    with ls.imap() as box:
        n = box.exists
        t.equal(sendmail(ls, *to, sender=YOU), 0,
                "sendmail(1) accepts a message for 1001")
        t.ok(box.wait_exists(n + 1), "that message bounces")
    t.equal(judge_calls(ls) - before, 2, "imapd was asked twice")
    t.equal(len(milter_lines(ls, "verdict=reject reason=disabled")), 1001,
            "it was asked about each of them")


def too_large(t, ls):
    """A message that the MTA would accept and LMTP would not."""
    big = lib.message("big", body=("x" * 76 + "\r\n") * (1024 * 1024 // 78))
    configure(ls)
    with Talk(ls, helo="x") as c:
        c.envelope(SENDER, YOU)
        code, text = c.data(big)
        t.ok(code == 552 and "5.3.4 the message is too large" in text,
             "a message over message-size-max is refused", text)
        t.equal(c.envelope(SENDER, YOU), [250, 250],
                "the next message is not refused")
    t.ok(wait_line(ls, "setting=message-size-max"),
         "the log names the setting")


def away(t, ls):
    """imapd cannot be asked; the MTA does not check recipients."""
    configure(ls, "milter-imapd-timeout = 1s")
    with Talk(ls, helo="x") as c:
        c.code("MAIL FROM:<%s>" % SENDER)
        pid = ls.pid_of("postern-imapd")
        os.kill(pid, signal.SIGSTOP)
        try:
            (code, text), seconds = took(c.say, "RCPT TO:<%s>" % YOU)
        finally:
            os.kill(pid, signal.SIGCONT)
        t.equal(code, 451, "without imapd, RCPT is deferred")
        t.ok(seconds < 15,
             "this takes milter-imapd-timeout, as changed by SIGHUP")
        t.match(text, "4.3.0 temporary local problem", "the reply says why")


def main():
    t = lib.Tap()
    by_mta = "unknown-recipients-limit = 0, 0, 0", "slow-delay = 1ms"
    with lib.Localserve(t, "--users", "3", "--set",
                        "catch-all=no") as ls:
        configure(ls, *by_mta)
        statuses(t, ls)
        harvest_mta(t, ls)
        second(t, ls)
    with lib.Localserve(t, "--users", "3", "--set", "catch-all-address=",
                        "--set", "delivery-messages-per-minute=2, 0, 0") \
            as ls:
        with open(os.path.join(ls.dir, "dns-data"), "a") as f:
            f.write("any.test IN TXT \"v=spf1 +all\"\n"
                    "any.test IN A 192.0.2.1\n")
        mta(ls, "smtpd_recipient_restrictions = check_recipient_access "
            "inline:{{far.example = 554 5.7.1 Relay access denied}}")
        denied(t, ls)
        statuses_by_us(t, ls, by_mta)
        rates(t, ls, by_mta)
        harvest(t, ls, ("slow-delay = 1ms",))
        hidden(t, ls)
        away(t, ls)
    with lib.Localserve(t) as ls:
        special(t, ls)
    with lib.Localserve(t, "--users", "3", "--set", "log-level=debug") as ls:
        judged_once(t, ls)
        account_set(t, ls, OFF, "disabled=yes")
        judged_in_parts(t, ls)
    with lib.Localserve(t, "--users", "3", "--set",
                        "message-size-max=1M") as ls:
        account_set(t, ls, OFF, "disabled=yes")
        mta(ls, "internal_mail_filter_classes = bounce",
            "message_size_limit = 0")
        too_large(t, ls)
        local_mail(t, ls)
    t.done()


main()
