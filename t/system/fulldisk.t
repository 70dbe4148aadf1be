#!/usr/bin/env python3
"""A full disk: mail is deferred, reading goes on, and service resumes by
itself.

The store is on a small tmpfs.  Mail fills it by LMTP and APPEND; then a file
of somebody else takes the rest to the last byte and is removed again.
"""
import atexit
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
import tokens  # noqa: E402
from imap_client import Imap  # noqa: E402
from imapd import Imapd  # noqa: E402
from lines import Lmtp  # noqa: E402

LOGIN, PASSWORD = "a@example.test", "secret-a"
# MB.  Logs and the space reserved for them take up to 96 of SMALL, and no log
# is removed while database pages wait for space.  Of LARGE they may take 80
# more before the first commit is done, and those pages the same again.
SMALL, LARGE = 144, 400
EXTRA = """\
segment-min = 64K
segment-size = 4M
db-checkpoint-bytes = 4M
db-checkpoint-interval = 1s
purge-delay = 1s
db-free-min = %s
"""
FULL = b"the store's disk is full"
AGAIN = b"the store's disk has space again"
# A log file that is no longer needed leaves some space for a while.
EPISODES = 6
REFUSALS = ("452 4.3.1", "NO [UNAVAILABLE]")


class Disk:
    """A tmpfs as the state folder."""

    def __init__(self, top):
        self.path = os.path.join(top, "state")
        os.mkdir(self.path)
        self.mount("-t", "tmpfs", "-o", f"size={SMALL}m", "tmpfs")
        atexit.register(self.close)     # before the scratch folder is removed

    def mount(self, *options):
        p = subprocess.run(["mount", *options, self.path], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if p.returncode != 0:
            lib.skip_all("a tmpfs cannot be mounted here: "
                         + p.stdout.decode().strip().replace("\n", "; "))

    def resize(self, megabytes):
        self.mount("-o", f"remount,size={megabytes}m")

    def fill(self):
        """Fills the disk to the last byte with a file that is not ours."""
        with open(os.path.join(self.path, "ballast"), "ab", 0) as f:
            for size in (1 << 20, 4096, 1):
                try:
                    while f.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass

    def free(self):
        os.unlink(os.path.join(self.path, "ballast"))

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False,
                       stderr=subprocess.DEVNULL)


class Mail:
    """Delivers and records what was acknowledged and how the rest was refused.
    """

    def __init__(self):
        self.serial = 0
        self.there = set()      # tokens in INBOX
        self.refused = set()
        self.flagged = set()    # UIDs in INBOX
        self.copies = 0         # messages in Copies
        self.bad = []           # replies that were not positive

    def answer(self, good, text):
        if not good:
            self.bad.append(text)
        return good

    def odd(self):
        """Replies that are neither positive nor a proper refusal."""
        return [s for s in self.bad if not s.startswith(REFUSALS)]

    def token(self, size):
        self.serial += 1
        return f"f.{self.serial}.{size}.{self.serial}"

    def note(self, token, good, text):
        (self.there if good else self.refused).add(token)
        return self.answer(good, text)

    def deliver(self, lmtp, size):
        token = self.token(size)
        r = lmtp.message("x@example.org", [LOGIN], tokens.message(token))[0]
        return self.note(token, r.code == 250, f"{r.code} {r.text[0]}")

    def append(self, c, size):
        token = self.token(size)
        a = c.append("INBOX", tokens.message(token))
        return self.note(token, a.status == "OK", f"{a.status} {a.text}")

    def copy(self, c):
        a = c.cmd("COPY 1:20 Copies")
        self.copies += 20 * (a.status == "OK")
        return self.answer(a.status == "OK", f"{a.status} {a.text}")

    def flag(self, c, uid):
        a = c.cmd(f"UID STORE {uid} +FLAGS.SILENT (\\Flagged)")
        if a.status == "OK":
            self.flagged.add(uid)
        return self.answer(a.status == "OK", f"{a.status} {a.text}")

    def press(self, lmtp, c, rounds):
        """Tries many times everything that adds data.  Returns how often it
        was refused."""
        bad = 0
        for i in range(rounds):
            bad += [self.deliver(lmtp, 3000), self.deliver(lmtp, 200000),
                    self.append(c, 3000), self.append(c, 200000),
                    self.copy(c), self.flag(c, 1 + i % 20)].count(False)
        return bad


def open_box(d):
    c = Imap(d.imap_port)
    c.login(LOGIN, PASSWORD)
    c.ok("SELECT INBOX")
    return c


def read_all(c):
    """Returns the sorted tokens of INBOX; all messages must be intact."""
    found = []
    for u in c.ok("FETCH 1:* BODY.PEEK[]").untagged:
        if u.literals and tokens.is_whole(u.literals[0]):
            found.append(tokens.of(u.literals[0]))
    return sorted(found)


def lines_with(d, text):
    return d.process.log().count(text)


def check_all(t, d, m, when):
    with open_box(d) as c:
        t.ok(read_all(c) == sorted(m.there),
             f"{when}: each of {len(m.there)} acknowledged messages is there "
             "once and whole, no other")
        flagged = c.ok("UID SEARCH FLAGGED").untagged[0].text.split()[2:]
        t.ok(m.flagged <= set(map(int, flagged)),
             f"{when}: the flags are right")
        a = c.ok("STATUS Copies (MESSAGES)")
        t.equal(a.untagged[0].text,
                b"* STATUS Copies (MESSAGES %d)" % m.copies,
                f"{when}: the copies are right")


def mail_fills_it(t, d, m):
    """Delivers until both LMTP and APPEND are refused."""
    with open_box(d) as c, Lmtp(("127.0.0.1", d.lmtp_port)) as lmtp:
        c.ok("CREATE Copies")
        for _ in range(20):
            m.deliver(lmtp, 2000)
        c.ok("NOOP")
        m.copy(c)
        while m.deliver(lmtp, 60000) | m.append(c, 200000):
            pass
    t.ok(m.refused, f"after {len(m.there)} messages the disk is full")


def press_on_full(d, m, disk):
    """Repeats it as often as a checkpoint happened to remove a log file."""
    with open_box(d) as c, Lmtp(("127.0.0.1", d.lmtp_port)) as lmtp:
        for _ in range(EPISODES):
            disk.fill()
            # Changes go on while the log has space for them.
            while m.copy(c):
                pass
            bad = m.press(lmtp, c, 30)
            if bad == 180:
                break
    return bad


def nothing_goes(t, d, m, disk):
    """Somebody else fills the disk; then everything is tried."""
    bad = press_on_full(d, m, disk)
    t.ok(bad == 180, "then everything that changes is refused",
         f"{bad} of 180")
    t.equal(m.odd(), [], "the refusals are 452 and NO [UNAVAILABLE]")
    t.ok(d.process.popen.poll() is None, "postern-imapd keeps running")
    check_all(t, d, m, "meanwhile")
    full, again = lines_with(d, FULL), lines_with(d, AGAIN)
    t.ok(full - again in (0, 1) and 0 < full <= EPISODES,
         "one line in the log says that the disk is full",
         f"{full} times full, {again} times not")


def space_comes_back(t, d, m, disk):
    disk.free()
    disk.resize(LARGE)
    with open_box(d) as c, Lmtp(("127.0.0.1", d.lmtp_port)) as lmtp:
        # The server remembers for some milliseconds that it is full.
        until = lib.deadline()
        while not m.deliver(lmtp, 3000) and lib.left(until) > 0:
            pass
        m.bad.clear()
        m.press(lmtp, c, 3)
        t.equal(m.bad, [], "with space everything resumes by itself")
    full, again = lines_with(d, FULL), lines_with(d, AGAIN)
    t.ok(full == again and full <= EPISODES, "one line in the log says so",
         f"{full} times full, {again} times not")


def start_when_full(t, d, m, disk):
    """After kill -9, with much to recover, it says why it cannot start, or
    serves."""
    with open_box(d) as c, Lmtp(("127.0.0.1", d.lmtp_port)) as lmtp:
        m.press(lmtp, c, 10)
    disk.fill()
    d.kill()
    before = len(d.process.log())
    ready = d.start()
    if ready:
        check_all(t, d, m, "started with a full disk")
    else:
        t.match(d.process.log()[before:], "No space left on device",
                "a start with a full disk says why it cannot")
        t.ok(d.process.wait() not in (0, None),
             "the start with a full disk exits")
    d.kill()
    disk.free()
    t.equal(d.verify(), "", "--verify finds nothing")
    t.ok(d.start(), "it starts when there is space")
    check_all(t, d, m, "after it")


def run(t, mark):
    t.note(f"db-free-min = {mark}")
    top = lib.scratch()
    disk = Disk(top)
    m = Mail()
    d = Imapd(extra=EXTRA % mark, top=top)
    with d:
        d.account(LOGIN, PASSWORD)
        mail_fills_it(t, d, m)
        nothing_goes(t, d, m, disk)
        space_comes_back(t, d, m, disk)
        d.kill()
        t.equal(d.verify(), "", "--verify finds nothing after kill -9")
        t.ok(d.start(), "it starts again")
        check_all(t, d, m, "after kill -9")
        start_when_full(t, d, m, disk)
    disk.close()


def main():
    t = lib.Tap()
    if os.geteuid() != 0:
        lib.skip_all("only root can mount a small disk")
    for mark in ("8M", "0"):
        run(t, mark)
    t.done()


main()
