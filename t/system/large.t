#!/usr/bin/env python3
"""Large messages: in by LMTP and APPEND, out by FETCH, shared, and aborted.

Each is read back byte for byte, takes its space once however many accounts
have it, and costs postern-imapd no memory proportional to its size.
"""
import hashlib
import os
import random
import re
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
import tap                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd, IMAPD                                # noqa: E402
from lines import Lmtp                                        # noqa: E402

PASSWORD = "secret-a"
MB = 1 << 20
EXTRA = """\
segment-size = 24M
purge-delay = 0
prelogin-per-ip-max = 1000
"""
SHARERS = 50
MEMORY_MAX = 20 * MB            # above idle, however large a message is


def address(name):
    return f"{name}@example.test"


def text_of(size, seed):
    """Text with lines of all lengths, some of which begin with dots."""
    rng = random.Random(seed)
    block = b"\r\n".join(
        b"." * rng.choice((0, 0, 0, 1, 2)) + rng.randbytes(
            rng.randrange(1, 400)).hex().encode() for _ in range(2000))
    head = (b"From: a@example.org\r\nSubject: large %d\r\nMIME-Version: 1.0"
            b"\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"
            b"--cut\r\n\r\nfirst part\r\n--cut\r\n\r\n" % seed)
    tail = b"\r\n--cut--\r\n"
    body = block * ((size - len(head) - len(tail)) // len(block) + 1)
    return head + body[:size - len(head) - len(tail) - 1] + b"x" + tail


class Reader:
    """FETCH that does not keep what it reads."""

    def __init__(self, d, name):
        self.c = Imap(d.imap_port)
        self.c.login(address(name), PASSWORD)
        self.count = self.c.ok("EXAMINE INBOX").numbers(b"EXISTS")[-1]

    def literal(self, what):
        """Sends a FETCH and reads up to its literal.  Returns the size."""
        self.c.send(b"x " + what.encode() + b"\r\n")
        line = self.c.line()
        m = re.search(rb"\{(\d+)\}$", line)
        assert m, line
        return int(m[1])

    def digest(self, what, tail=None):
        """Returns size and digest of a literal, or of its last bytes."""
        size = left = self.literal(what)
        skip = size - (size if tail is None else tail)
        h = hashlib.sha256()
        while left > 0:
            if not self.c.buf:
                self.c.fill()
            part, self.c.buf = self.c.buf[:left], self.c.buf[left:]
            left -= len(part)
            h.update(part[skip:])
            skip = max(0, skip - len(part))
        while not self.c.line().startswith(b"x OK"):
            pass
        return size, h.hexdigest()

    def close(self):
        self.c.close()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def fetched(d, name, text, uid=None):
    """Whether it is text, after what LMTP added at its top."""
    r = Reader(d, name)
    try:
        size, digest = r.digest(f"FETCH {uid or r.count} BODY.PEEK[]",
                                len(text))
        assert size >= len(text), (size, len(text))
        assert digest == sha(text), f"{name}: not the same bytes"
        return size - len(text)
    finally:
        r.close()


def deliver(d, names, text):
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        return [r.code for r in c.message(
            "a@example.org", [address(n) for n in names], text)]


def space(d):
    """Returns the number of bytes in segments."""
    folder = d.path("state", "store", "segment")
    sizes = [os.stat(os.path.join(folder, f)) for f in os.listdir(folder)]
    return sum(s.st_size for s in sizes)


def wait_space(d, good):
    folder = d.path("state", "store", "segment")
    assert lib.wait_changes(folder, lambda: good(space(d))), space(d)


# ---- in and out -----------------------------------------------------------

def by_LMTP_with_DATA(d):
    text = text_of(5 * MB, 1)
    assert deliver(d, ["alice"], text) == [250]
    assert fetched(d, "alice", text) > 0


def by_LMTP_with_BDAT(d):
    text = text_of(3 * MB, 2)
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        assert [r.code for r in c.begin("a@example.org", [address("alice")])
                ] == [250, 250]
        for at in range(0, len(text), 700001):
            part = text[at:at + 700001]
            last = b" LAST" if at + len(part) == len(text) else b""
            c.send(b"BDAT %d%s\r\n" % (len(part), last) + part)
            assert c.reply().code == 250
    fetched(d, "alice", text)


def by_APPEND(d):
    text = text_of(7 * MB, 3)
    with Imap(d.imap_port) as c:
        c.login(address("alice"), PASSWORD)
        for sync in (True, False):
            assert c.append("INBOX", text, "(\\Seen) ", sync).status == "OK"
    assert fetched(d, "alice", text) == 0


def parts_and_pieces(d):
    text = text_of(7 * MB, 3)
    part = text[text.index(b"--cut\r\n\r\n", text.index(b"first")) + 9:
                -len(b"\r\n--cut--\r\n")]
    r = Reader(d, "alice")
    n = r.count
    assert r.digest(f"FETCH {n} BODY.PEEK[2]") == (len(part), sha(part))
    for at, size in ((0, 100), (65536, 65536), (123457, 300000),
                     (len(text) - 7, 100)):
        want = text[at:at + size]
        assert r.digest(f"FETCH {n} BODY.PEEK[]<{at}.{size}>") == (
            len(want), sha(want)), (at, size)
    header = text[:text.index(b"\r\n\r\n") + 4]
    assert r.digest(f"FETCH {n} BODY.PEEK[HEADER]") == (
        len(header), sha(header))
    r.close()


def its_text_can_be_searched(d):
    with Imap(d.imap_port) as c:
        c.login(address("alice"), PASSWORD)
        c.ok("SELECT INBOX")
        assert c.ok("SEARCH BODY {10+}\r\nfirst part").lines(rb"SEARCH \d")


def fifty_accounts_share_one(d):
    names = [f"u{i}" for i in range(SHARERS)]
    text = text_of(20 * MB, 4)
    before = space(d)
    assert deliver(d, names, text) == [250] * SHARERS
    used = space(d) - before
    assert 20 * MB <= used < 20 * MB + 1000, used
    for name in (names[0], names[17], names[-1]):
        fetched(d, name, text)
        r = Reader(d, name)
        with Imap(d.imap_port) as c:
            c.login(address(name), PASSWORD)
            c.ok("EXAMINE INBOX")
            a = c.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (Delivered-To)]")
            assert a.untagged[0].literals[0] == (
                f"Delivered-To: {address(name)}\r\n\r\n".encode()), a
        r.close()


# ---- aborted

def what_is_broken_off_leaves_nothing(d):
    text = text_of(4 * MB, 5)
    before = space(d)
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        c.begin("a@example.org", [address("alice")])
        assert c.say("DATA").code == 354
        c.send(text[:3 * MB].replace(b"\r\n.", b"\r\n.."))
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        c.begin("a@example.org", [address("alice")])
        c.send(b"BDAT %d\r\n" % len(text) + text)
        assert c.reply().code == 250
        wait_space(d, lambda now: now > before)
        assert c.say("RSET").code == 250
    with Imap(d.imap_port) as c:
        c.login(address("alice"), PASSWORD)
        c.send(b"x APPEND INBOX {%d+}\r\n" % len(text) + text[:MB])
    # Each client had its own segment; the headers of those stay.
    wait_space(d, lambda now: now < before + 1000)


def what_is_too_large_leaves_nothing(d):
    text = text_of(3 * MB, 5)
    before = space(d)
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        replies = c.message("a@example.org", [address("alice")],
                            text * (d.message_size_max // len(text) + 1))
        assert [r.code for r in replies] == [552], replies
        # The connection can still be used.
        assert c.message("a@example.org", [address("alice")],
                         text)[0].code == 250
    assert space(d) - before < len(text) + 1000
    fetched(d, "alice", text)


def a_bare_line_feed_is_refused(d):
    text = text_of(2 * MB, 5)
    before = space(d)
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        assert c.message("a@example.org", [address("alice")],
                         text + b"bare\nfeed\r\n")[0].code == 554
    assert space(d) < before + 1000


def silent_clients_are_in_nobodys_way(d):
    text = text_of(MB, 6)
    before = space(d)
    clients = []
    for i in range(60):
        c = Lmtp(("127.0.0.1", d.lmtp_port))
        c.begin("a@example.org", [address("alice")])
        assert c.say("DATA").code == 354
        c.send(text[:200000].replace(b"\r\n.", b"\r\n.."))
        clients.append(c)
    assert deliver(d, ["bob"], text) == [250]
    fetched(d, "bob", text)
    for c in clients:
        c.close()
    wait_space(d, lambda now: now < before + 2 * MB)


# ---- memory ---------------------------------------------------------------

def memory(d, name):
    """Returns VmRSS, or VmHWM, which is the maximum since forget_most()."""
    with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
        return int(re.search(rf"{name}:\s+(\d+) kB", f.read())[1]) << 10


def forget_most(d):
    with open(f"/proc/{d.process.pid}/clear_refs", "w",
              encoding="ascii") as f:
        f.write("5")


def it_costs_no_memory(d):
    text = text_of(50 * MB, 7)
    forget_most(d)
    idle = memory(d, "VmRSS")
    assert deliver(d, ["carol"], text) == [250]
    by_lmtp = memory(d, "VmHWM") - idle
    with Imap(d.imap_port) as c:
        c.login(address("carol"), PASSWORD)
        assert c.append("INBOX", text).status == "OK"
    by_append = memory(d, "VmHWM") - idle
    fetched(d, "carol", text, 1)
    fetched(d, "carol", text, 2)
    most = memory(d, "VmHWM") - idle
    print(f"# 50 MB: {by_lmtp >> 10} KB above idle by LMTP, "
          f"{by_append >> 10} KB with APPEND, {most >> 10} KB with FETCH")
    if not lib.is_sanitized(IMAPD):
        assert most <= MEMORY_MAX, most


# ---- afterwards -----------------------------------------------------------

def all_is_there_after_a_crash(d):
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        c.begin("a@example.org", [address("alice")])
        assert c.say("DATA").code == 354
        c.send(text_of(3 * MB, 8)[:2 * MB].replace(b"\r\n.", b"\r\n.."))
        wait_space(d, lambda now: now > 0)
        d.kill()
    assert d.verify() == ""
    assert d.start()
    fetched(d, "bob", text_of(MB, 6))
    fetched(d, "carol", text_of(50 * MB, 7))
    fetched(d, "u30", text_of(20 * MB, 4))


def a_backup_has_them(d):
    folder = d.path("backup")
    d.postern("backup", folder)
    status, out, err = lib.run([lib.POSTERN, "-c", d.conf, "verify", folder])
    assert (status, out) == (0, b"no faults found\n"), (out, err)
    theirs = os.listdir(os.path.join(folder, "store", "segment"))
    assert theirs, "no segments"


def what_is_expunged_makes_room(d):
    before = space(d)
    for name in ["alice", "carol"] + [f"u{i}" for i in range(SHARERS)]:
        with Imap(d.imap_port) as c:
            c.login(address(name), PASSWORD)
            c.ok("SELECT INBOX")
            c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            c.ok("EXPUNGE")
    wait_space(d, lambda now: now < before / 4)
    fetched(d, "bob", text_of(MB, 6))


def none_in_segments(_):
    text = text_of(3 * MB, 9)
    with Imapd(extra="segment-min = 2G\nbody-memory-max = 64K\n") as d:
        d.account(address("dave"), PASSWORD)
        assert deliver(d, ["dave"], text) == [250]
        with Imap(d.imap_port) as c:
            c.login(address("dave"), PASSWORD)
            assert c.append("INBOX", text).status == "OK"
        fetched(d, "dave", text, 1)
        fetched(d, "dave", text, 2)
        assert space(d) == 0
    assert d.verify() == ""


def all_in_segments(_):
    with Imapd(extra="segment-min = 0\n") as d:
        d.account(address("dave"), PASSWORD)
        for size in (200, 5000, 40000, 3 * MB):
            text = text_of(size, 10)
            assert deliver(d, ["dave"], text) == [250]
            fetched(d, "dave", text)
            with Imap(d.imap_port) as c:
                c.login(address("dave"), PASSWORD)
                assert c.append("INBOX", text).status == "OK"
            fetched(d, "dave", text)
    assert d.verify() == ""


def broken_off(d, what):
    """The connection must end within the reply."""
    c = Imap(d.imap_port)
    c.login(address("dave"), PASSWORD)
    c.ok("EXAMINE INBOX")
    c.send(b"x " + what.encode() + b"\r\n")
    try:
        while True:
            c.line()
    except (EOFError, ConnectionError):
        pass
    finally:
        c.close()


def what_cannot_be_read_costs_no_memory(_):
    head = b"".join(b"X-%d: %s\r\n" % (i, b"y" * 900) for i in range(100))
    with Imapd(extra="segment-min = 0\n") as d:
        d.account(address("dave"), PASSWORD)
        assert deliver(d, ["dave"], head + b"\r\nbody\r\n") == [250]
        os.truncate(d.path("state", "store", "segment", "0000000001"), 100)
        for i in range(220):
            if i == 20:
                before = memory(d, "VmData")
            broken_off(d, "FETCH 1 BODY.PEEK[HEADER.FIELDS (X-1)]")
        # Not VmRSS: memory that was reserved and never used counts too.
        more = memory(d, "VmData") - before
        print(f"# {more >> 10} KB more")
        if not lib.is_sanitized(IMAPD):
            assert more < 8 * MB, more


TESTS = [
    by_LMTP_with_DATA, by_LMTP_with_BDAT, by_APPEND, parts_and_pieces,
    its_text_can_be_searched, fifty_accounts_share_one,
    what_is_broken_off_leaves_nothing, what_is_too_large_leaves_nothing,
    a_bare_line_feed_is_refused, silent_clients_are_in_nobodys_way,
    it_costs_no_memory, all_is_there_after_a_crash, a_backup_has_them,
    what_is_expunged_makes_room, none_in_segments, all_in_segments,
    what_cannot_be_read_costs_no_memory,
]

with Imapd(extra=EXTRA, message_size_max=60 * MB) as daemon:
    for n in ["alice", "bob", "carol"] + [f"u{i}" for i in range(SHARERS)]:
        daemon.account(address(n), PASSWORD)
    status = tap.run(TESTS, daemon)
bad = daemon.verify()
if bad:
    print("#", bad.replace("\n", "\n# "))
    status = 1
sys.exit(status)
