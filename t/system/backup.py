"""Backups of a server under load, restored and compared; see backup.t."""
import os
import random
import re
import shutil
import threading
import time

import lib
import tokens
from crash_load import CONF, PASSWORD, Deliverer, Ledger, Writer
from imap_client import Imap
from imapd import Imapd

CONNECTIONS = 4
LOGINS = ["a@example.test", "b@example.test"]
WRITER = "w@example.test"
EXTRA = """\
purge-delay = 1s
db-checkpoint-bytes = 4M
db-checkpoint-interval = 1s
segment-min = 12K
segment-size = 4M
prelogin-per-ip-max = 1000
""" + CONF
BEFORE = 0.5                    # seconds of load before each backup
RECENT = 300  # so many messages of a restored mailbox are compared


class Timed(Deliverer):
    """Records how long each delivery took, and when."""

    def __init__(self, *args):
        super().__init__(*args)
        self.times = []
        self.ends = threading.Event()
        self.goes_on = threading.Event()

    def one(self, c):
        self.goes_on.wait()
        if self.ends.is_set():
            raise EOFError
        begin = time.monotonic()
        super().one(c)
        self.times.append((begin, time.monotonic() - begin))


class Load:
    """Deliveries and changes on a server that is never killed."""

    def __init__(self, d, seed):
        self.ledger = Ledger()
        rng = random.Random(seed)
        self.deliverers = [
            Timed(d.lmtp_port, self.ledger,
                  tokens.Tokens(f"l{i}", random.Random(f"{seed}.{i}")),
                  [LOGINS[i % 2], LOGINS[(i + 1) % 2]], rng)
            for i in range(CONNECTIONS)]
        self.writer = Writer(WRITER, random.Random(f"{seed}.w"))
        self.writer.settle(d.imap_port)

    def start(self, d):
        self.writer.start(d.imap_port)
        for t in self.deliverers:
            t.start()

    def pause(self, pauses):
        """Pauses the load while a copy is compared; otherwise each copy would
        be larger than the one before."""
        for t in self.deliverers:
            if pauses:
                t.goes_on.clear()
            else:
                t.goes_on.set()

    def stop_deliverers(self):
        for t in self.deliverers:
            t.ends.set()
            t.goes_on.set()
        for t in self.deliverers:
            t.join(lib.PATIENCE)

    def copy(self, doubt):
        with self.ledger.lock:
            out = {a: set(self.ledger.sure.get(a, ())) for a in LOGINS}
            for a in LOGINS if doubt else ():
                out[a] |= self.ledger.doubt.get(a, set())
        return out

    def times(self, spans, inside):
        return sorted(took for t in self.deliverers for at, took in t.times
                      if any(b <= at <= e for b, e in spans) == inside)


def describe(times):
    if not times:
        return "none"
    return (f"{len(times)}, median {times[len(times) // 2] * 1000:.1f} ms, "
            f"99 % within {times[len(times) * 99 // 100] * 1000:.1f} ms, "
            f"longest {times[-1] * 1000:.0f} ms")


def order(token):
    """Returns the (connection, serial) of a token."""
    name, serial = token.split(".")[:2]
    return name, int(serial)


def prefix_faults(found, acknowledged):
    """A backup shows one moment: for each connection all messages up to some
    point."""
    last = {}
    for name, serial in map(order, found):
        last[name] = max(serial, last.get(name, 0))
    return [t for t in acknowledged - found
            if order(t)[1] < last.get(order(t)[0], 0)]


def read_copy(d, login):
    """Returns the tokens in INBOX, and how many of the last messages are
    damaged."""
    with Imap(d.imap_port) as c:
        c.login(login, PASSWORD)
        n = c.ok("EXAMINE INBOX").numbers(b"EXISTS")[0]
        heads = c.ok("FETCH 1:* BODY.PEEK[HEADER.FIELDS (X-Token)]")
        found = [tokens.of(u.literals[0]) for u in heads.untagged
                 if u.literals]
        bodies = c.ok(f"FETCH {max(1, n - RECENT)}:* BODY.PEEK[]")
        damaged = [u for u in bodies.untagged
                   if u.literals and not tokens.is_whole(u.literals[0])]
    return found, len(damaged)


class Wrong(Exception):
    pass


def check(good, what):
    if not good:
        raise Wrong(what)


def compare(folder, before, after, since):
    """Compares the restored copy with what was acknowledged before and after
    it."""
    copy = Imapd(extra=EXTRA, top=os.path.dirname(folder))
    faults = copy.verify()
    check(not faults, "verify: " + faults[:1000])
    with copy:
        for a in LOGINS:
            found, damaged = read_copy(copy, a)
            check(not damaged, f"{a}: {damaged} messages are damaged")
            check(len(found) == len(set(found)),
                  f"{a}: some messages are there twice")
            found = set(found)
            lost = before[a] - found
            check(not lost, f"{a}: lost {sorted(lost)[:3]} of {len(lost)}")
            check(found <= after[a], f"{a}: strange messages")
            gaps = prefix_faults(found, since[a])
            check(not gaps, f"{a}: messages of different moments: {gaps[:3]}")
    return sum(len(b) for b in before.values())


def one_round(d, load):
    """Returns (span of the backup, messages it must have, number of files)."""
    load.pause(False)
    lib.process_ended(d.process.pid, BEFORE)
    folder = os.path.join(lib.scratch(), "state")
    before = load.copy(doubt=False)
    begin = time.monotonic()
    out = d.postern("backup", folder)
    end = time.monotonic()
    since = load.copy(doubt=False)
    after = load.copy(doubt=True)
    load.pause(True)
    n = compare(folder, before, after, since)
    shutil.rmtree(os.path.dirname(folder))
    return (begin, end), n, int(re.search(r"Files +(\d+)", out)[1])


def main(rounds):
    t = lib.Tap()
    seed = os.environ.get("POSTERN_SEED") or str(random.SystemRandom()
                                                 .randrange(1 << 32))
    rounds = int(os.environ.get("POSTERN_ROUNDS") or rounds)
    t.note(f"POSTERN_SEED={seed} POSTERN_ROUNDS={rounds}")
    spans = []
    with Imapd(extra=EXTRA) as d:
        for a in LOGINS + [WRITER]:
            d.account(a, PASSWORD)
        load = Load(d, seed)
        load.start(d)
        try:
            for i in range(1, rounds + 1):
                span, n, files = one_round(d, load)
                spans.append(span)
                t.ok(True, f"backup {i}: {span[1] - span[0]:.2f} s, {files} "
                     f"files, all of {n} messages acknowledged before it")
        except Wrong as e:
            t.ok(False, f"backup {len(spans) + 1}", str(e))
        load.stop_deliverers()
        wrong = [x.wrong for x in load.deliverers if x.wrong]
        t.ok(not wrong, "every delivery was accepted", str(wrong))
        d.stop()
        load.writer.join()
    t.note("deliveries during backups: " + describe(load.times(spans, True)))
    t.note("at other times: " + describe(load.times(spans, False)))
    t.done()
