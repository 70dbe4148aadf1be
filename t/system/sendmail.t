#!/usr/bin/env python3
"""A real Sendmail with the milter and imapd: accept, refuse, sign.

It runs where there is only loopback; a resolver without any data answers its
queries at once.
"""
import os
import smtplib
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
import network  # noqa: E402

YOU = "you@example.org"
NAMESERVER = "127.0.0.53"
HOSTNAME = "mx.example.org"

# A complete sendmail.mc with the lines that we ship.
MC = """divert(-1)dnl
include(`%(root)s/usr/share/sendmail/cf/m4/cf.m4')dnl
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `%(hostname)s')dnl
define(`QUEUE_DIR', `%(dir)s/queue')dnl
define(`STATUS_FILE', `%(dir)s/status')dnl
define(`confPID_FILE', `%(dir)s/pid')dnl
define(`ALIAS_FILE', `null:none')dnl
define(`HELP_FILE', `')dnl
define(`confCONTROL_SOCKET_NAME', `')dnl
define(`confDEF_USER_ID', `nobody')dnl
define(`confTRUSTED_USER', `root')dnl
define(`confREFUSE_LA', `100000')dnl
define(`confQUEUE_LA', `100000')dnl
define(`confTO_IDENT', `0')dnl
define(`confCW_FILE', `')dnl
define(`confCT_FILE', `')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port=%(port)d')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
MAILER(`smtp')dnl
%(ours)s
"""


def sendmail_dir():
    return lib.unpacked("sendmail", "unpack.sh", "sendmail", "sendmail-bin",
                        "sendmail-cf")


class Sendmail:
    """Debian's Sendmail, unpacked below the build folder."""

    def __init__(self, milter_port, lmtp_port):
        self.root = sendmail_dir()
        self.dir = lib.scratch()
        os.mkdir(os.path.join(self.dir, "queue"), 0o700)
        self.port = lib.free_port()
        with open(os.path.join(lib.TOP_SRC, "contrib", "sendmail",
                               "postern.mc")) as f:
            ours = f.read()
        # Over TCP, not by path: others may write to the scratch folders.
        for was, now in (
                ("local:/run/postern/milter",
                 "inet:%d@127.0.0.1" % milter_port),
                ("FILE /run/postern/lmtp",
                 "TCP [127.0.0.1] %d" % lmtp_port)):
            assert was in ours
            ours = ours.replace(was, now)
        mc = MC % {"root": self.root, "dir": self.dir, "ours": ours,
                   "hostname": HOSTNAME, "port": self.port}
        self.cf = os.path.join(self.dir, "sendmail.cf")
        with open(self.cf, "wb") as f:
            subprocess.run(
                ["m4", "-D_CF_DIR_=%s/usr/share/sendmail/cf/" % self.root],
                input=mc.encode(), stdout=f, check=True)
        self.process = None

    def __enter__(self):
        # It needs a host name with a dot, or it sleeps for a minute.
        self.process = subprocess.Popen(
            ["unshare", "--uts", "sh", "-c", "hostname %s; exec \"$@\""
             % HOSTNAME, "sh",
             self.root + "/usr/libexec/sendmail/sendmail", "-C", self.cf,
             "-bD", "-q1s"], stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        until = lib.deadline()
        while True:
            try:
                self.smtp().quit()
                return self
            except OSError:
                if self.process.poll() is not None or \
                        time.monotonic() > until:
                    raise RuntimeError("Sendmail did not start")
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.port, timeout=lib.PATIENCE,
                            local_hostname="client.example")


def last(ls, count):
    with ls.imap() as box:
        return box.fetch()[-1] if box.wait_exists(count) else b""


def test_accept(t, ls, mta):
    with mta.smtp() as s:
        refused = s.sendmail("me@test.example", [YOU], lib.message("hello"))
    t.equal(refused, {}, "a message is accepted")
    m = last(ls, 1)
    t.ok(b"Subject: hello" in m, "it arrives in its mailbox")
    t.ok(b"by mx.example.org" in m, "its Received field names Sendmail")
    t.ok(b"Postern-Origin" not in m, "the origin was removed")
    log = ls.log()
    t.ok(b"queue-id=" in log and b"ip=127.0.0.1" in log,
         "the milter saw it")


def test_reject(t, ls, mta):
    with mta.smtp() as s:
        s.ehlo()
        s.mail("me@test.example")
        code, text = s.rcpt("nobody@example.org")
        t.equal(code, 550, "an unknown recipient is refused at RCPT")
        t.ok(text.startswith(b"5.1.1"), "it is refused with 5.1.1", repr(text))
        code, text = s.rcpt(YOU)
        t.equal(code, 250, "a known recipient after it is accepted")


def test_sign(t, ls, mta, zone):
    with mta.smtp() as s:
        s.sendmail("me@test.example", [YOU], lib.message("signed",
                   sender="me@test.example"))
    m = last(ls, 2)
    t.ok(m.count(b"\nDKIM-Signature:") + m.startswith(b"DKIM-Signature:")
         == 2, "mail of a domain with two keys is signed twice",
         m.decode("latin-1"))
    path = os.path.join(ls.dir, "signed.eml")
    with open(path, "wb") as f:
        f.write(m)
    status, out, err = ls.postern("dkim", "check", "--dns-data", zone, path)
    t.ok(status == 0 and out.count(b"pass") >= 2,
         "both signatures verify", (out + err).decode())


def make_keys(ls):
    """Makes keys of test.example.  Returns the file with their records."""
    status, out, err = ls.postern("dkim", "gen", "test.example")
    if status != 0:
        raise RuntimeError(err)
    zone = os.path.join(ls.dir, "keys.zone")
    with open(zone, "wb") as f:
        f.write(out)
    return zone


def main():
    lib.postfix_dir()
    sendmail_dir()
    network.enter(NAMESERVER)
    network.Dns({HOSTNAME: {"A": "127.0.0.1"}}, host=NAMESERVER)
    t = lib.Tap()
    milter, lmtp = lib.free_port(), lib.free_port()
    ls = lib.Localserve(t, "--lmtp-port", str(lmtp),
                        "--set", "catch-all-address=",
                        "--set", "milter-listen=127.0.0.1:%d" % milter)
    with ls, Sendmail(milter, lmtp) as mta:
        ls.postern("domain", "add", "example.org")
        ls.postern("address", "add", YOU, "you@localhost")
        test_accept(t, ls, mta)
        test_reject(t, ls, mta)
        test_sign(t, ls, mta, make_keys(ls))
    t.done()


main()
