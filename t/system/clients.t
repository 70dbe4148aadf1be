#!/usr/bin/env python3
"""Real clients against a real postern-imapd: mbsync, curl, neomutt."""
import os
import pty
import re
import select
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
import tap                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402

USER, PASSWORD = "alice@example.test", "secret-a"
COUNT = 1000

MBSYNCRC = """\
IMAPStore remote
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {cert}
AuthMechs PLAIN

MaildirStore local
Path {top}/maildir/
Inbox {top}/maildir/INBOX
SubFolders Verbatim

Channel all
Far :remote:
Near :local:
Patterns *
Create Both
Expunge Both
Remove Both
Sync All
SyncState *
"""

NEOMUTTRC = """\
set imap_user = "{user}"
set imap_pass = "{password}"
set folder = "imap://127.0.0.1:{port}/"
set spoolfile = "+INBOX"
set ssl_starttls = no
set ssl_force_tls = no
set header_cache = ""
set sleep_time = 0
set confirmappend = no
set delete = yes
set mail_check = 1
set timeout = 1
set imap_idle = yes
set imap_keepalive = 5
set wait_key = no
"""


def message(n):
    return (f"From: s{n}@example.org\r\nTo: {USER}\r\nSubject: msg {n}\r\n"
            f"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <m{n}@example.org>\r\n\r\nbody {n}\r\n".encode())


def logged_in(d, mailbox=None):
    c = Imap(d.imap_port)
    c.login(USER, PASSWORD)
    if mailbox:
        c.ok(f"SELECT {mailbox}")
    return c


def count(d, mailbox="INBOX"):
    with logged_in(d) as c:
        line = c.ok(f"STATUS {mailbox} (MESSAGES)").lines(b"STATUS")[0]
        return int(re.search(rb"MESSAGES (\d+)", line)[1])


def mbsync(d):
    rc = d.path("mbsyncrc")
    if not os.path.exists(rc):
        with open(rc, "w", encoding="utf-8") as f:
            f.write(MBSYNCRC.format(
                port=d.imaps_port, user=USER, password=PASSWORD, top=d.top,
                cert=d.path("cert.pem")))
        os.chmod(rc, 0o600)
        os.mkdir(d.path("maildir"))
    status, out, err = lib.run(["mbsync", "-c", rc, "-a", "-q"])
    assert status == 0, (out + err).decode()


def local_files(d, mailbox="INBOX"):
    return sorted(os.path.join(d.top, "maildir", mailbox, sub, name)
                  for sub in ("cur", "new") for name in os.listdir(
                      d.path("maildir", mailbox, sub)))


def files_by_number(d):
    """The local files of INBOX, ordered by the number in their Subject."""
    found = {}
    for path in local_files(d):
        with open(path, "rb") as f:
            found[int(re.search(rb"Subject: msg (\d+)", f.read())[1])] = path
    return [found[n] for n in sorted(found)]


def mbsync_takes_1000_messages(d):
    with logged_in(d) as c:
        for n in range(COUNT):
            assert c.append("INBOX", message(n), sync=False).status == "OK"
    mbsync(d)
    files = local_files(d)
    assert len(files) == COUNT, len(files)
    subjects = set()
    for path in files:
        with open(path, "rb") as f:
            subjects.add(re.search(rb"Subject: (.*)", f.read())[1])
    assert len(subjects) == COUNT


def mbsync_brings_changes_both_ways(d):
    files = files_by_number(d)
    # Local changes: 100 seen, 50 deleted, 20 new.
    for path in files[:100]:
        folder, name = os.path.split(path)
        base = name.split(":2,")[0]
        os.rename(path, os.path.join(os.path.dirname(folder), "cur",
                                     base + ":2,S"))
    for path in files[100:150]:
        os.unlink(path)
    for n in range(20):
        with open(d.path("maildir", "INBOX", "new",
                         f"{int(time.time())}.{n}.here"), "wb") as f:
            f.write(message(5000 + n).replace(b"\r\n", b"\n"))
    # Changes on the server: 30 flagged, 10 removed, a mailbox of 5.
    with logged_in(d, "INBOX") as c:
        total = c.ok("NOOP") and count(d)
        c.ok(f"STORE {total - 29}:{total} +FLAGS.SILENT (\\Flagged)")
        c.ok(f"STORE {total - 39}:{total - 30} +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        c.ok("CREATE work")
        for n in range(5):
            c.append("work", message(7000 + n))
    mbsync(d)
    with logged_in(d, "INBOX") as c:
        seen = len(c.ok("SEARCH SEEN").lines(b"SEARCH")[0].split()) - 1
    assert seen == 100, seen
    here = local_files(d)
    assert len(here) == count(d) == COUNT - 50 - 10 + 20, (
        len(here), count(d))
    assert sum(":2," in p and "F" in p.split(":2,")[1] for p in here) == 30
    assert len(local_files(d, "work")) == 5
    mbsync(d)
    assert local_files(d) == here and count(d) == len(here)


def curl_lists_and_reads(d):
    url = f"imap://127.0.0.1:{d.imap_port}"
    auth = ["curl", "-sS", "--user", f"{USER}:{PASSWORD}"]
    status, out, err = lib.run(auth + [url + "/"])
    assert status == 0 and b"INBOX" in out, out + err
    status, out, err = lib.run(auth + [url + "/work;MAILINDEX=1"])
    assert status == 0 and b"Subject: msg 7000" in out, out + err
    status, out, err = lib.run(
        auth + [url + "/work;UID=2;SECTION=HEADER.FIELDS%20(SUBJECT)"])
    assert status == 0 and b"msg 7001" in out, out + err
    status, out, err = lib.run(auth + [url + "/work", "-X", "SEARCH ALL"])
    assert status == 0 and b"SEARCH 1 2 3 4 5" in out, out + err
    with open(d.path("upload"), "wb") as f:
        f.write(message(8000))
    status, out, err = lib.run(
        auth + ["-k", "-T", d.path("upload"),
                f"imaps://127.0.0.1:{d.imaps_port}/work"])
    assert status == 0 and count(d, "work") == 6, out + err


class Terminal:
    """A program on a pseudo terminal; its output can be searched."""

    def __init__(self, argv, env):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)

    def expect(self, pattern):
        until = lib.deadline()
        while not re.search(pattern, self.seen, re.S):
            if not select.select([self.fd], [], [], lib.left(until))[0]:
                raise AssertionError(f"{pattern} not in "
                                     f"{self.seen[-1500:]!r}")
            try:
                self.seen += os.read(self.fd, 65536)
            except OSError:
                raise AssertionError(f"ended: {self.seen[-1500:]!r}")

    def type(self, keys):
        self.seen = b""
        os.write(self.fd, keys)

    def wait(self):
        until = lib.deadline()
        while select.select([self.fd], [], [], lib.left(until))[0]:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        return os.waitpid(self.pid, 0)[1]


def neomutt_reads_flags_moves_and_hears_of_new_mail(d):
    rc = d.path("neomuttrc")
    with open(rc, "w", encoding="utf-8") as f:
        f.write(NEOMUTTRC.format(user=USER, password=PASSWORD,
                                 port=d.imap_port))
    with logged_in(d) as c:
        c.ok("CREATE mutt")
        c.ok("CREATE moved")
        for n in range(3):
            c.append("mutt", message(9000 + n))
    env = dict(os.environ, TERM="xterm", HOME=d.top, LINES="40",
               COLUMNS="120", LC_ALL="C.UTF-8")
    t = Terminal(["neomutt", "-n", "-F", rc, "-f", "+mutt"], env)
    t.expect(rb"msg 9000.*msg 9002")
    t.type(b"\r")
    t.expect(rb"body 9000")
    t.type(b"i")
    t.expect(rb"msg 9001")
    t.type(b"F")                    # flags the message under the cursor
    with logged_in(d) as c:
        c.append("mutt", message(9003))
    t.expect(rb"msg 9003")          # it learns of this in IDLE
    t.type(b"=s=moved\r")           # first message, save (move)
    t.expect(rb"9000|moved|[Cc]opy|[Ss]av")
    t.type(b"$")                    # write the changes
    t.type(b"x")                    # and leave
    t.wait()
    assert count(d, "mutt") + count(d, "moved") >= 4, (
        count(d, "mutt"), count(d, "moved"))
    with logged_in(d, "mutt") as c:
        assert c.ok("SEARCH FLAGGED").lines(rb"SEARCH \d") or \
            count(d, "moved") == 1


TESTS = [mbsync_takes_1000_messages, mbsync_brings_changes_both_ways,
         curl_lists_and_reads,
         neomutt_reads_flags_moves_and_hears_of_new_mail]


def main():
    missing = [p for p in ("mbsync", "curl", "neomutt")
               if shutil.which(p) is None]
    if missing:
        lib.skip_all("not installed: " + ", ".join(missing))
    with Imapd() as d:
        d.account(USER, PASSWORD)
        return tap.run(TESTS, d)


sys.exit(main())
