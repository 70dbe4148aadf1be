#!/usr/bin/env python3
"""postern localserve: mail in, mail out, restarts, refusals to start."""
import os
import re
import signal
import smtplib
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402

YOU = "you@localhost"
IMAPD_READY = b"program=postern-imapd msg=ready"

# Any address anywhere: all of these go to you@localhost.
ANYBODY = [
    "somebody@example.com", "x@[127.0.0.1]", "x@[192.0.2.1]",
    "x@[IPv6:2001:db8::1]", "a%b@example.net", "x!y@example.net", "bare",
    "@a.example,@b.example:c@d.example", '"q r"@example.org',
    "nobody@localhost", "postmaster@example.com", "root"
]


def test_start(t, ls):
    t.note("ready in %.1f seconds" % ls.ready_seconds)
    t.match(ls.out, r"localserve in " + ls.dir, "the folder is printed")
    for offset in (25, 143, 465, 587, 993):
        t.match(ls.out, r"127\.0\.0\.1:%d\b" % (ls.base + offset),
                "port base+%d is printed" % offset)
    status, out, _ = lib.run([lib.POSTERN, "localserve", "--help"])
    t.ok(status == 0 and b"postern-localserve)" in out,
         "--help prints the default folder")
    line = re.search(r"^  (\S+/postern -c \S+/postern\.conf .*)$",
                     ls.out.decode(), re.M)
    t.ok(line and lib.run(line.group(1).split())[0] == 0,
         "it prints a line for the other commands, which works")
    t.equal(ls.postern("config", "check")[0], 0,
            "its configuration passes postern config check")


def test_smtp(t, ls):
    subjects = []
    for i, recipient in enumerate(ANYBODY):
        subject = "anybody %d" % i
        try:
            ls.send("me@far.example", [recipient], lib.message(subject))
            subjects.append(subject)
        except smtplib.SMTPException as e:
            t.note(repr(e))
        t.ok(subject in subjects, "SMTP accepts mail for <%s>" % recipient)
    s = ls.smtp()
    s.ehlo()
    s.sendmail("mé@far.example", ["dü@bücher.example"],
               lib.message("utf8").encode(),
               ["SMTPUTF8", "BODY=8BITMIME"])
    s.quit()
    subjects.append("utf8")
    ls.send("", [YOU], lib.message("from nobody"))
    subjects.append("from nobody")
    # More than the programs keep in memory.
    ls.send("me@far.example", [YOU],
            lib.message("large", body="0123456789\r\n" * 500000))
    subjects.append("large")
    with ls.imap() as box:
        t.ok(box.wait_exists(len(subjects)), "all of it can be read by IMAP")
        t.equal(sorted(box.subjects()), sorted(subjects),
                "each message arrived once")
    return len(subjects)


def test_submission(t, ls, count):
    for offset, starttls, title in ((587, False, "submission"),
                                    (587, True, "submission with STARTTLS"),
                                    (465, False, "submissions")):
        ls.send("anybody@any.example", ["you@far.example"],
                lib.message(title), offset=offset, starttls=starttls,
                login=YOU)
        count += 1
        t.ok(True, title + " accepts mail after login, with any sender")
    for login, password in ((YOU, "wrong"), ("nobody@localhost",
                                             lib.PASSWORD)):
        try:
            ls.smtp(587, login=login, password=password)
            code = 235
        except smtplib.SMTPAuthenticationError as e:
            code = e.smtp_code
        t.equal(code, 535, "submission refuses %s with %s"
                % (login, password))
    s = ls.smtp(587)
    s.ehlo()
    s.mail("me@example.org")
    code = s.rcpt("you@example.org")[0]
    s.quit()
    t.ok(code >= 500, "submission accepts nothing without a login")
    with ls.imap() as box:
        t.ok(box.wait_exists(count), "submitted mail can be read by IMAP")
    return count


def login_code(ls):
    try:
        ls.smtp(587, login=YOU)
        return 235
    except smtplib.SMTPAuthenticationError as e:
        return e.smtp_code


def test_login_later(t):
    """A correct password must not be called wrong."""
    with lib.Localserve(t, "--set", "auth-threads=1",
                        "--set", "auth-queue-max=1") as ls:
        slow = "slow@localhost"
        status, _, err = ls.postern("import", data=(
            lib.SLOW_ACCOUNT % (slow, slow)).encode())
        t.ok(status == 0, "an account can have a hash that takes minutes", err)
        busy = socket.create_connection(("127.0.0.1", ls.base + 143))
        busy.sendall(b"a LOGIN %s x\r\n" % slow.encode())
        t.equal([login_code(ls) for _ in range(2)], [454, 454],
                "Postfix says 454 while no password can be checked")
        starts = ls.log().count(IMAPD_READY)
        ls.kill("postern-imapd")
        busy.close()
        t.ok(lib.wait_changes(ls.top, lambda: ls.log().count(IMAPD_READY)
                              > starts), "imapd is restarted")
        t.equal(login_code(ls), 235, "then Postfix accepts the password")


def test_imap(t, ls):
    for tls in (False, True):
        with ls.imap(tls=tls) as box:
            t.ok(box.exists > 0, "IMAP%s logs in and selects"
                 % ("S" if tls else ""))


def test_users(t, ls):
    for login in ("u0000@localhost", "u0002@localhost"):
        with ls.imap(login) as box:
            before = box.exists
            ls.send("me@example.org", [login], lib.message("for " + login))
            t.ok(box.wait_exists(before + 1),
                 "mail for %s goes to its account" % login)


def test_lmtp(t, ls, port):
    with ls.imap("u0001@localhost") as box:
        with smtplib.LMTP("127.0.0.1", port) as s:
            s.sendmail("me@example.org", ["u0001@localhost"],
                       lib.message("by LMTP"))
        t.ok(box.wait_exists(1), "LMTP on TCP delivers")


def test_restarts(t, ls):
    with ls.imap() as box:
        count = box.exists
    for name in ("postern-imapd", "postern-milter", "postfix"):
        before = ls.pid_of(name)
        ls.kill(name)
        sent = False
        until = lib.deadline()
        while not sent and lib.left(until) > 0:
            try:
                ls.send("me@example.org", [YOU],
                        lib.message("after kill of " + name))
                sent = True
            except (OSError, smtplib.SMTPException):
                pass
        t.ok(sent, "mail is accepted again after kill -9 of " + name)
        count += 1
        box = imap_again(ls)
        t.ok(box.wait_exists(count), "and it arrives")
        box.close()
        t.ok(ls.pid_of(name) != before, name + " was started again")


def imap_again(ls):
    """Returns a connection as soon as imapd is there."""
    until = lib.deadline()
    while True:
        try:
            return ls.imap()
        except (OSError, EOFError, RuntimeError):
            if lib.left(until) == 0:
                raise


def test_second(t, ls):
    """A second localserve with a used folder or used ports."""
    other = lib.Localserve(t, base=ls.base, folder=ls.dir)
    other.log_path = os.path.join(lib.scratch(), "log")
    t.ok(not other.start(), "a folder in use is refused")
    t.equal(other.process.wait(), 1, "the exit status is 1")
    t.match(other.log(), r"^postern: another localserve[^\n]*\n$",
            "it prints one sentence")
    other = lib.Localserve(t, base=ls.base)
    t.ok(not other.start(), "ports in use are refused")
    t.equal(other.process.wait(), 1, "the exit status is 1")
    t.match(other.log(), r"^postern: cannot use port \d+[^\n]*\n$",
            "it prints one sentence")


def test_side_by_side(t, ls):
    with lib.Localserve(t) as other:
        other.send("me@example.org", ["x@example.com"], lib.message("other"))
        with other.imap() as box:
            t.ok(box.wait_exists(1), "two instances run side by side")
            t.equal(box.subjects(), ["other"],
                    "each instance has its own mail")


def test_wrong(t):
    top = lib.scratch()
    for args, want in (
            (["--set", "no-such-setting=1"], r"no-such-setting"),
            (["--set", "message-size-max=lots"], r"message-size-max"),
            (["--port-base", "70000"], r"--port-base"),
            (["--postfix", top], r"no Postfix"),
            (["--dir", "/dev/null/x"], r"/dev/null"),
            (["--dir", top + "/a b"], r"a b")):
        # The last value overrides what lib gives.
        status, _, log = lib.run(
            [lib.POSTERN, "localserve", "--dir", top + "/ls", "--port-base",
             str(lib.port_base()), "--postfix", lib.postfix_dir()] + args)
        t.ok(status in (1, 2), "%s is refused" % " ".join(args))
        t.match(log, r"^postern: [^\n]*" + want, "the reason is printed")


def test_leftover(t):
    """After kill -9 of the supervisor everything that it started keeps
    running."""
    ls = lib.Localserve(t)
    with ls:
        ls.send("me@example.org", ["x@example.com"], lib.message("before"))
        pids = {name: ls.pid_of(name) for name in
                ("postern-imapd", "postern-milter", "postfix")}
        with ls.imap() as box:
            t.ok(box.wait_exists(1), "mail arrives before the kill")
        ls.process.stop(signal.SIGKILL)
        t.ok(all(lib.process_lives(pid) for pid in pids.values()),
             "after kill -9 of localserve its programs keep running")
        t.ok(ls.start(), "a second start becomes ready")
        for name, pid in pids.items():
            t.ok(not lib.process_lives(pid),
                 "the second start has ended the old " + name)
        ls.send("me@example.org", ["x@example.com"], lib.message("after"))
        with ls.imap() as box:
            t.ok(box.wait_exists(2), "mail arrives after the second start")
            t.equal(box.subjects(), ["before", "after"],
                    "earlier mail is still there")
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", ls.base + 25))
        t.ok(True, "the port is free after the stop")


def test_size(t):
    """Postfix refuses a message before imapd would have to."""
    with lib.Localserve(t, "--set", "message-size-max=1M") as ls:
        s = ls.smtp()
        s.ehlo()
        limit = int(s.esmtp_features["size"])
        t.equal(limit, 1024 * 1024 - 65536,
                "Postfix announces message-size-max less 64 KB")
        line = "x" * 70 + "\r\n"
        body = line * ((limit - 2000) // len(line))
        s.sendmail("me@example.org", [YOU], lib.message("big", body=body))
        with ls.imap() as box:
            t.ok(box.wait_exists(1), "a message of that size arrives")
        try:
            s.sendmail("me@example.org", [YOU],
                       lib.message("bigger", body=body + line * 100))
            code = 250
        except smtplib.SMTPResponseException as e:
            code = e.smtp_code
        t.equal(code, 552, "a larger one is refused with 552")
        status, out, log = ls.postern("--set", "message-size-max=900K",
                                      "config", "check")
        t.ok(status == 1, "config check reports a smaller message-size-max")
        t.match(out + log, r"message_size_limit",
                "config check names Postfix's limit")


def main():
    t = lib.Tap()
    lmtp = lib.free_port()
    with lib.Localserve(t, "--users", "3", "--lmtp-port", str(lmtp)) as ls:
        test_start(t, ls)
        count = test_smtp(t, ls)
        test_submission(t, ls, count)
        test_imap(t, ls)
        test_users(t, ls)
        test_lmtp(t, ls, lmtp)
        test_second(t, ls)
        test_side_by_side(t, ls)
        test_restarts(t, ls)
    test_leftover(t)
    test_login_later(t)
    test_size(t)
    test_wrong(t)
    t.done()


main()
