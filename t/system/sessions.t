#!/usr/bin/env python3
"""Several sessions change one mailbox; each follows untagged responses only.

A model client knows of the mailbox only what it was told: EXISTS appends,
EXPUNGE n removes, FETCH sets flags and UIDs.  Whenever no other session is at
work it must, after NOOP, know exactly what the server has.  POSTERN_SEED and
POSTERN_STEPS repeat or lengthen a run.
"""
import os
import random
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402

USER, PASSWORD = "alice@example.test", "secret-a"
SEED = int(os.environ.get("POSTERN_SEED") or random.randrange(1 << 30))
STEPS = int(os.environ.get("POSTERN_STEPS") or 120)
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Deleted", "$One", "$Two"]


class Model:
    """One session, and what its client believes."""

    def __init__(self, d, mailbox, rng):
        self.c = Imap(d.imap_port)
        self.c.login(USER, PASSWORD)
        self.mailbox = mailbox
        self.rng = rng
        self.messages = []      # [uid or None, flags or None]
        a = self.c.ok(f"SELECT {mailbox}")
        self.messages = [[None, None] for _ in range(
            a.numbers(b"EXISTS")[0])]
        self.refresh()

    def told(self, answer, expunge_ok=True):
        for r in answer.untagged:
            self.untagged(r.text, expunge_ok)

    def untagged(self, text, expunge_ok=True):
        m = re.match(rb"\* (\d+) (EXISTS|EXPUNGE|FETCH)", text)
        if not m:
            return
        n, what = int(m[1]), m[2]
        if what == b"EXISTS":
            assert n >= len(self.messages), (text, len(self.messages))
            self.messages += [[None, None] for _ in range(
                n - len(self.messages))]
        elif what == b"EXPUNGE":
            assert expunge_ok, text
            assert 1 <= n <= len(self.messages), (text, len(self.messages))
            del self.messages[n - 1]
        else:
            assert 1 <= n <= len(self.messages), (text, len(self.messages))
            known = self.messages[n - 1]
            if u := re.search(rb"UID (\d+)", text):
                assert known[0] in (None, int(u[1])), (text, known)
                known[0] = int(u[1])
            if f := re.search(rb"FLAGS \(([^)]*)\)", text):
                known[1] = frozenset(f[1].split()) - {b"\\Recent"}

    def refresh(self):
        if self.messages:
            self.told(self.c.ok(
                "UID FETCH 1:* (UID FLAGS)"))

    def known(self):
        return [(u, f) for u, f in self.messages]

    # ---- what a session may do ----

    def some(self):
        """A set of sequence numbers, or None."""
        n = len(self.messages)
        if n == 0:
            return None
        a = self.rng.randint(1, n)
        return self.rng.choice([str(a), f"{a}:{min(n, a + 5)}",
                                f"{min(a, 3)},{a}"])

    def step(self):
        getattr(self, self.rng.choice(
            ["append", "append", "store", "store", "uid_store", "expunge",
             "fetch", "search", "noop", "copy", "move", "idle", "silent"]))()

    def append(self):
        flags = " ".join(self.rng.sample(FLAGS, self.rng.randint(0, 2)))
        self.told(self.c.append(
            self.mailbox, b"Subject: x\r\n\r\ny\r\n", f"({flags}) ",
            sync=False))

    def change(self):
        sign = self.rng.choice(["+", "-", ""])
        flags = " ".join(self.rng.sample(FLAGS, self.rng.randint(1, 2)))
        return f"{sign}FLAGS ({flags})"

    def store(self):
        if s := self.some():
            self.told(self.c.ok(f"STORE {s} {self.change()}"), False)

    def silent(self):
        """The client itself must apply a silent STORE."""
        if s := self.some():
            change = self.change().replace("FLAGS", "FLAGS.SILENT")
            a = self.c.ok(f"STORE {s} {change}")
            self.told(a, False)
            self.told(self.c.ok(f"FETCH {s} (FLAGS)"), False)

    def uid_store(self):
        uids = [m[0] for m in self.messages if m[0]]
        if uids:
            self.told(self.c.ok(
                f"UID STORE {self.rng.choice(uids)} {self.change()}"))

    def expunge(self):
        self.told(self.c.ok("EXPUNGE"))

    def fetch(self):
        if s := self.some():
            what = self.rng.choice(["(FLAGS)", "(UID FLAGS)", "BODY[]",
                                    "ENVELOPE"])
            a = self.c.cmd(f"FETCH {s} {what}")
            assert a.status == "OK" or "EXPUNGEISSUED" in a.text, a
            self.told(a, False)

    def search(self):
        self.told(self.c.ok("SEARCH DELETED"), False)

    def noop(self):
        self.told(self.c.ok("NOOP"))

    def copy(self):
        if s := self.some():
            self.told(self.c.ok(f"COPY {s} {self.mailbox}"), False)

    def move(self):
        if s := self.some():
            self.told(self.c.ok(f"MOVE {s} {self.mailbox}"))

    def idle(self):
        tag = self.c.idle()
        self.told(self.c.done(tag))


def compare(models):
    """No session is at work: all must know the same as the server."""
    for m in models:
        m.noop()
    for m in models:
        m.noop()
    for m in models:
        before = m.known()
        m.refresh()
        after = m.known()
        assert len(before) == len(after)
        for (bu, bf), (au, af) in zip(before, after):
            assert bu in (None, au), (bu, au)
            assert bf is None or bf == af, (au, bf, af)
        assert [u for u, _ in after] == sorted(u for u, _ in after)
    first = models[0].known()
    for m in models[1:]:
        assert m.known() == first, (first[:5], m.known()[:5])


def sessions_in_turn(d):
    rng = random.Random(SEED)
    setup(d, "turn", 10)
    models = [Model(d, "turn", rng) for _ in range(4)]
    for n in range(STEPS * 2):
        rng.choice(models).step()
        if n % 20 == 19:
            compare(models)
    compare(models)


def sessions_at_the_same_time(d):
    setup(d, "same", 20)
    models = [Model(d, "same", random.Random(SEED + i)) for i in range(6)]
    for _ in range(4):
        faults = []

        def work(m):
            try:
                for _ in range(STEPS // 4):
                    m.step()
            except BaseException as e:        # noqa: B902
                faults.append(e)
        threads = [threading.Thread(target=work, args=(m,)) for m in models]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if faults:
            raise faults[0]
        compare(models)


def setup(d, mailbox, n):
    with Imap(d.imap_port) as c:
        c.login(USER, PASSWORD)
        c.ok(f"CREATE {mailbox}")
        for i in range(n):
            c.append(mailbox, b"Subject: %d\r\n\r\nz\r\n" % i, sync=False)


def the_store_is_right_afterwards(d):
    d.stop()
    faults = d.verify()
    assert not faults, faults


def main():
    print(f"# POSTERN_SEED={SEED} POSTERN_STEPS={STEPS}", flush=True)
    with Imapd() as d:
        d.account(USER, PASSWORD)
        return tap.run([sessions_in_turn, sessions_at_the_same_time,
                        the_store_is_right_afterwards], d)


sys.exit(main())
