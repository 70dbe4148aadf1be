#!/usr/bin/env python3
"""Slow and silent clients: no other client is held up, and they are closed.

Some stop in the middle of a literal, some do not read their FETCH of 50 MB,
some stop in the TLS handshake.  Meanwhile the commands of another client cost
as little work as without them, postern-imapd's memory stays bounded, and the
configured time-outs close them all.  POSTERN_TEST_ALL=1: 500 of each.
"""
import os
import re
import resource
import select
import socket
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import IMAPD, Imapd                                 # noqa: E402
from lines import Lmtp                                        # noqa: E402

ALL = bool(os.environ.get("POSTERN_TEST_ALL"))
EACH = 500 if ALL else 60
# All must have connected and been measured before the first is closed.
PATIENCE = 60 if ALL else 15
ROUNDS = 5
COMMANDS = 200 if ALL else 100
EVERYDAY = 5
MB = 1 << 20
BIG = 50 * MB if ALL else 12 * MB
PASSWORD = "secret-a"
ME, THEY = "me@example.test", "they@example.test"
MESSAGE = (b"From: a@example.org\r\nSubject: slow\r\n\r\n"
           + b"A line of text that is as long as such lines are.\r\n" * 60)

# The bytes that one of them may cost postern-imapd.
BOUND = {
    "literal": 400 << 10,       # literal-max, and as much again
    "FETCH": 256 << 10,         # a full output buffer and a piece
    "handshake": 64 << 10,      # OpenSSL's state
}
EXTRA = f"""\
prelogin-per-ip-max = 0
prelogin-timeout = {PATIENCE}s
imap-command-timeout = {PATIENCE}s
write-timeout = {PATIENCE}s
"""


def rss(d):
    with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) << 10


def logged_in(d, login=THEY):
    c = Imap(d.imap_port)
    c.login(login, PASSWORD)
    return c


# ---- clients that stop ---------------------------------------------------

def in_a_literal(d, n):
    """In a literal of LOGIN, of SEARCH, of a small APPEND and of a large one,
    in turn."""
    if n % 4 == 0:
        c = Imap(d.imap_port)
        c.send(b"x LOGIN {100}\r\n")
        assert c.response().text.startswith(b"+")
        c.send(b"a" * 50)
        return c.sock
    c = logged_in(d)
    c.ok("SELECT INBOX")
    if n % 4 == 1:
        c.send(b"x SEARCH BODY {200000+}\r\n" + b"a" * 150000)
    elif n % 4 == 2:
        c.send(b"x APPEND INBOX {20000+}\r\n" + MESSAGE)
    else:
        c.send(b"x APPEND INBOX {%d+}\r\n" % (8 * MB) + MESSAGE * 60)
    return c.sock


def in_fetch(d, _):
    c = logged_in(d)
    c.ok("EXAMINE Big")
    c.send(b"x FETCH 1 BODY.PEEK[]\r\n")
    # The reply has begun.
    assert c.sock.recv(100, socket.MSG_PEEK).startswith(b"* 1 FETCH")
    return c.sock


def in_the_handshake(d, n):
    """Before the first byte, after the first three, after STARTTLS, in turn.
    """
    if n % 3 == 2:
        c = Imap(d.imap_port)
        c.ok("STARTTLS")
        return c.sock
    s = socket.create_connection(("127.0.0.1", d.imaps_port))
    if n % 3 == 1:
        s.sendall(b"\x16\x03\x01")
    return s


KINDS = (("literal", in_a_literal), ("FETCH", in_fetch),
         ("handshake", in_the_handshake))


# ---- the others ----------------------------------------------------------

def command_ms(c):
    """The median time of a client's everyday commands."""
    times = []
    for n in range(COMMANDS):
        # EVERYDAY of them
        for command in ("NOOP", "FETCH 1:20 (FLAGS ENVELOPE)",
                        f"STORE {n % 20 + 1} FLAGS.SILENT (\\Seen)",
                        f"FETCH {n % 20 + 1} BODY.PEEK[]",
                        "STATUS Trash (MESSAGES UNSEEN)"):
            begin = time.monotonic()
            c.ok(command)
            times.append(time.monotonic() - begin)
    return statistics.median(times) * 1000


def wakeups(d):
    """How often the daemon's threads have gone to sleep so far."""
    tasks = f"/proc/{d.process.pid}/task"
    total = 0
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status", encoding="ascii") as f:
            total += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)",
                                   f.read())[1])
    return total


def command_cost(d, c):
    """Median milliseconds and wakeups per command: its work."""
    begin = wakeups(d)
    ms = min(command_ms(c) for _ in range(ROUNDS))
    return ms, (wakeups(d) - begin) / (ROUNDS * COMMANDS * EVERYDAY)


# ---- waiting -------------------------------------------------------------

def ended(socks, seconds):
    """How many of the sockets the peer has closed by then."""
    poll = select.poll()
    for s in socks:
        poll.register(s, select.POLLRDHUP)
    left, until = len(socks), lib.deadline(seconds)
    while left > 0 and lib.left(until) > 0:
        for fd, _ in poll.poll(lib.left(until) * 1000):
            poll.unregister(fd)
            left -= 1
    return len(socks) - left


def reasons(d):
    """Why connections were closed, and how often."""
    out = {}
    for m in re.finditer(rb'msg="connection closed" .*?why="([^"]*)"',
                         d.process.log()):
        why = m[1].decode()
        out[why] = out.get(why, 0) + 1
    return out


def raise_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = 16 * EACH
    if os.geteuid() == 0:
        hard = max(hard, want)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(want, hard), hard))


def prepare(d):
    for login in (ME, THEY):
        d.account(login, PASSWORD)
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        for _ in range(20):
            assert c.message("a@b.test", [ME], MESSAGE)[0].code == 250
    with logged_in(d) as c:
        c.ok("CREATE Big")
        big = MESSAGE * (BIG // len(MESSAGE))
        assert c.append("Big", big).status == "OK"


def main():
    t = lib.Tap()
    raise_files()
    with Imapd(extra=EXTRA, message_size_max=60 * MB) as d:
        prepare(d)
        me = logged_in(d, ME)
        me.ok("SELECT INBOX")
        command_ms(me)
        before, before_work = command_cost(d, me)
        socks = []
        for name, stop in KINDS:
            idle = rss(d)
            stopped = [stop(d, n) for n in range(EACH)]
            t.ok(True, f"{EACH} stop in a {name}")
            command_ms(me)
            grown = (rss(d) - idle) / EACH
            t.ok(grown <= BOUND[name] or lib.is_sanitized(IMAPD),
                 f"each costs at most"
                 f" {BOUND[name] >> 10} KB of memory", f"{grown:.0f} bytes")
            t.note(f"{grown / 1024:.1f} KB each")
            socks += stopped
        beside, beside_work = command_cost(d, me)
        t.equal(ended(socks, 0), 0, "all of them are still connected")
        t.note(f"median command: {before:.3f} ms without them, "
               f"{beside:.3f} ms beside them, {beside / before:.2f} times")
        t.note(f"wakeups for a command: {before_work:.2f}, {beside_work:.2f}")
        t.ok(beside_work <= 1.5 * before_work + 1,
             "a command of another client wakes the daemon 1.5 times as often"
             " at most")
        with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
            t.equal(c.message("a@b.test", [ME], MESSAGE)[0].code, 250,
                    "mail is delivered")
        # Each after its own time, not after twice that.
        t.equal(ended(socks, 1.8 * PATIENCE), len(socks),
                "the time-outs close all of them")
        me.ok("NOOP")
        me.close()
        for s in socks:
            s.close()
    why = reasons(d)
    t.note(why)
    t.equal(why.get("write timed out"), EACH,
            "those that do not read are closed for that reason")
    t.equal(why.get("TLS handshake timed out"), EACH,
            "those without a handshake are closed for that reason")
    # A LOGIN that is incomplete is not a login.
    t.equal((why.get("login timed out"), why.get("idle timed out")),
            (EACH // 4, EACH - EACH // 4),
            "those within a literal are closed for that reason")
    t.equal(d.verify(), "", "the store has no faults")
    t.done()


main()
