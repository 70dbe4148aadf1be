#!/usr/bin/env python3
"""Too many connections or too few descriptors: refused with a reason.

A client above a limit is told the setting, the log has it once, the server
does not spin, mail in progress goes on, and everything works again when there
is room.
"""
import os
import re
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
import tap                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lmtp                                        # noqa: E402

USER, PASSWORD = "alice@example.test", "secret-a"
HEAD = b"From: a@example.org\r\nSubject: limits\r\n\r\n"
LINE = b"A line of text that is as long as such lines are, or so.\r\n"
FILES_MAX = 256
REFUSED = 100           # connections above a limit


def rest(s):
    """Reads from a connection until it is closed."""
    out = b""
    while piece := s.recv(4096):
        out += piece
    return out


def said(port):
    """Connects, and reads until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), lib.PATIENCE) as s:
        return rest(s)


def said_above(d, clients):
    """The same; a connection that was admitted, because a file was closed,
    stays open."""
    for _ in range(10):
        s = socket.create_connection(("127.0.0.1", d.imap_port), lib.PATIENCE)
        out = s.recv(4096)
        if out.startswith(b"* OK"):
            clients.append(s)
            continue
        with s:
            return out + rest(s)
    return b"(never refused)"


def refusals(d, service):
    """The lines of the log about refusals."""
    return re.findall(rb"refusing connections.* service=" + service
                      + rb" .*", d.process.log())


def cpu_ticks(d):
    with open(f"/proc/{d.process.pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def check_calm(d, seconds=1.0):
    """The server must be idle once it has done its work."""
    until = lib.deadline()
    while True:
        before = cpu_ticks(d)
        assert not lib.process_ended(d.process.pid, seconds)
        ticks = cpu_ticks(d) - before
        print(f"# {ticks} ticks of 10 ms in {seconds} s")
        if ticks <= 10:
            return
        assert lib.left(until) > 0, ticks


def fill(open_one):
    """Opens as many connections as are allowed."""
    out = []
    try:
        while True:
            out.append(open_one())
    except (OSError, EOFError, AssertionError):
        return out


def greeted(d):
    c = Imap(d.imap_port)
    assert c.greeting.text.startswith(b"* OK"), c.greeting
    return c


def close_all(d, clients, port):
    """Closes them, and waits until another connection is admitted."""
    for c in clients:
        c.close()
    until = lib.deadline()
    while lib.left(until) > 0:
        with socket.create_connection(("127.0.0.1", port)) as s:
            if s.recv(100).startswith((b"* OK", b"220")):
                return
    raise AssertionError("there is no room again")


def fill_and_knock(d, setting, limit, refused):
    """Clients up to the limit; others, at each port, are sent its text."""
    clients = fill(lambda: greeted(d))
    assert len(clients) == limit, len(clients)
    for _ in range(REFUSED):
        for _, port, text in refused:
            assert said(port) == text + b" (setting %s)\r\n" % setting
    check_calm(d)
    for service, *_ in refused:
        lines = refusals(d, service)
        assert len(lines) == 1 and b"limit=%d" % limit in lines[0], lines
        assert b"setting=" + setting in lines[0], lines
    return clients


def deliver(where, text):
    with Lmtp(where) as c:
        return c.message("a@b.test", [USER], text)[0].code


# ---- connections-max ------------------------------------------------------

def above_connections_max_all_are_refused():
    with Imapd(extra="connections-max = 40\n") as d:
        d.account(USER, PASSWORD)
        clients = fill_and_knock(d, b"connections-max", 40, (
            (b"imap", d.imap_port,
             b"* BYE [UNAVAILABLE] too many connections"),
            (b"lmtp", d.lmtp_port, b"421 4.3.2 too many connections")))
        # Connections that exist go on; the MTA and the administrator get in.
        clients[0].login(USER, PASSWORD)
        assert deliver(d.path("run", "lmtp"), HEAD) == 250
        assert USER in d.postern("account", "list")
        close_all(d, clients, d.imap_port)
        assert deliver(("127.0.0.1", d.lmtp_port), HEAD) == 250
    assert d.verify() == ""


def above_prelogin_per_ip_max_strangers_are_refused():
    with Imapd(extra="prelogin-per-ip-max = 10\n") as d:
        d.account(USER, PASSWORD)
        clients = fill_and_knock(d, b"prelogin-per-ip-max", 10, (
            (b"imap", d.imap_port,
             b"* BYE [UNAVAILABLE] too many connections from your address"
             b" have not logged in"),))
        assert deliver(("127.0.0.1", d.lmtp_port), HEAD) == 250
        # A client that has logged in does not count.
        clients[0].login(USER, PASSWORD)
        clients.append(greeted(d))
        assert b"* BYE" in said(d.imap_port)
        close_all(d, clients, d.imap_port)
    assert d.verify() == ""


# ---- descriptors ----------------------------------------------------------

def stalled_upload(d):
    """Starts an LMTP client that stops within a large message: two
    descriptors."""
    c = Lmtp(("127.0.0.1", d.lmtp_port))
    assert c.greeting.code == 220, c.greeting
    c.begin("a@b.test", [USER])
    assert c.say("DATA").code == 354
    c.send(HEAD + LINE * 2000)
    return c


def without_descriptors_small_mail_goes_on():
    with Imapd(extra="prelogin-per-ip-max = 0\n",
               files_max=FILES_MAX) as d:
        d.account(USER, PASSWORD)
        log = d.process.log()
        assert b"fewer connections than configured" in log
        mine = Lmtp(("127.0.0.1", d.lmtp_port))
        clients = fill(lambda: stalled_upload(d))
        clients += fill(lambda: greeted(d))
        assert len(clients) >= FILES_MAX / 4, len(clients)
        print(f"# {len(clients)} clients, "
              f"{len(os.listdir(f'/proc/{d.process.pid}/fd'))} descriptors")
        for _ in range(REFUSED):
            assert said_above(d, clients) == (
                b"* BYE [UNAVAILABLE] the limit of open files is reached"
                b"\r\n")
        check_calm(d)
        assert len(refusals(d, b"imap")) == 1
        # Enough for another log file of the store.
        for _ in range(320):
            r = mine.message("a@b.test", [USER], HEAD + LINE * 1000)
            assert r[0].code == 250, r
        assert USER in d.postern("account", "list")
        # The uploads had their descriptors, or are told to try again.
        codes = {}
        for c in clients:
            if isinstance(c, Lmtp):
                c.send(b".\r\n")
                r = c.reply()
                codes[r.code] = codes.get(r.code, 0) + 1
        print(f"# {codes}")
        assert set(codes) <= {250, 451, 452} and codes[250] > 0, codes
        close_all(d, clients, d.imap_port)
        mine.close()
        assert deliver(("127.0.0.1", d.lmtp_port), HEAD + LINE * 2000) == 250
        with Imap(d.imap_port) as c:
            c.login(USER, PASSWORD)
            n = c.ok("SELECT INBOX").numbers(b"EXISTS")[0]
        assert n == 320 + codes[250] + 1, n
    assert d.verify() == ""


def with_hardly_any_it_says_why_or_serves():
    for files_max in 12, 24, 48, 96:
        d = Imapd(files_max=files_max)
        if d.start():
            assert d.process.stop() == 0
            continue
        status = d.process.wait()
        log = d.process.log().decode()
        print("#", files_max, log.splitlines()[-1][:150])
        assert status == 1 and "open files" in log, (status, log)


TESTS = [
    above_connections_max_all_are_refused,
    above_prelogin_per_ip_max_strangers_are_refused,
    without_descriptors_small_mail_goes_on,
    with_hardly_any_it_says_why_or_serves,
]

sys.exit(tap.run(TESTS))
