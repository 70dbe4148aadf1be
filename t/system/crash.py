"""Rounds of load, kill -9, restart and comparison; see crash.t."""
import json
import os
import random
import select
import time

import lib
import tokens
from crash_load import (CONF, PASSWORD, Deliverer, Ledger, Writer, Wrong,
                        check, read_box)
from imap_client import Imap
from imapd import Imapd

CONNECTIONS = 16
RECEIVERS = 4
WRITERS = 8
INBOX_MAX = 1500                # INBOX is emptied at this size
EXTRA = """\
purge-delay = 1s
db-checkpoint-bytes = 4M
db-checkpoint-interval = 1s
segment-min = 12K
segment-size = 2M
prelogin-per-ip-max = 1000
""" + CONF


class Rounds:
    def __init__(self, tap, d, seed):
        self.tap = tap
        self.d = d
        self.rng = random.Random(seed)
        self.ledger = Ledger()
        self.receivers = [f"r{i}@example.test" for i in range(RECEIVERS)]
        self.writers = [Writer(f"w{i}@example.test",
                               random.Random(f"{seed}.w{i}"))
                        for i in range(WRITERS)]
        self.names = [tokens.Tokens(f"l{i}", random.Random(f"{seed}.l{i}"))
                      for i in range(CONNECTIONS)]
        self.accounts = self.receivers + [w.login for w in self.writers]
        self.modseqs = {}       # (account, uidvalidity) -> modseq, UIDNEXT
        self.uids = {}  # account -> {uid: token}, all that INBOX ever had
        self.delivered = self.changed = 0
        self.restarts = []

    def prepare(self):
        for a in self.accounts:
            self.d.account(a, PASSWORD)
        for w in self.writers:
            w.settle(self.d.imap_port)

    # ---- load and the kill

    def deliverers(self):
        for i, names in enumerate(self.names):
            accounts = [self.receivers[i % RECEIVERS],
                        self.accounts[RECEIVERS + i % WRITERS],
                        self.receivers[(i + 1) % RECEIVERS]]
            yield Deliverer(self.d.lmtp_port, self.ledger, names, accounts,
                            self.rng)

    def load(self, seconds):
        deliverers = list(self.deliverers())
        for t in deliverers:
            t.start()
        for w in self.writers:
            w.count = 0
            w.start(self.d.imap_port)
        # It returns early only if the server exits by itself.
        check(not lib.process_ended(self.d.process.pid, seconds),
              "postern-imapd exited by itself")
        self.d.kill()
        for t in deliverers:
            t.join(lib.PATIENCE)
            check(not t.is_alive(), "a delivery hangs")
            check(t.wrong is None, t.wrong)
        for w in self.writers:
            w.join()
        self.delivered += sum(t.count for t in deliverers)
        self.changed += sum(w.count for w in self.writers)

    def restart(self):
        begin = time.monotonic()
        check(self.d.start(), "no restart: "
              + self.d.process.log()[-2000:].decode(errors="replace"))
        self.restarts.append(time.monotonic() - begin)

    def kill_while_it_recovers(self):
        p = lib.Process(self.d.process.argv, self.d.path("log"),
                        env=self.d.env)
        select.select([], [], [], self.rng.uniform(0, 0.15))
        p.popen.kill()
        p.popen.wait()

    # ---- what the store must have

    def settle(self):
        for w in self.writers:
            w.settle(self.d.imap_port)
        for a in self.accounts:
            self.settle_inbox(a)
        self.check_modseqs()

    def settle_inbox(self, account):
        known = self.uids.setdefault(account, {})
        with Imap(self.d.imap_port) as c:
            c.login(account, PASSWORD)
            box = read_box(c, "INBOX")
            self.ledger.settle(account, [m[1] for m in box.messages])
            new = []
            for uid, token, _ in box.messages:
                if uid not in known:
                    new.append(uid)
                check(known.setdefault(uid, token) == token,
                      f"{account}: UID {uid} was {known[uid]}, is {token}")
            self.check_whole(c, account, new)
            if len(box.messages) > INBOX_MAX:
                self.empty(c, account)

    def check_whole(self, c, account, uids):
        for uid in uids:
            if len(uids) > 300 and self.rng.random() > 300 / len(uids):
                continue
            text = c.ok(f"UID FETCH {uid} BODY.PEEK[]").untagged[0]
            check(text.literals and tokens.is_whole(text.literals[0]),
                  f"{account}: UID {uid} is damaged")

    def empty(self, c, account):
        c.ok("SELECT INBOX")
        c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        self.ledger.sure[account].clear()

    def check_modseqs(self):
        for a in self.accounts:
            out = self.d.postern("--json", "mailbox", "list", a)
            for row in json.loads(out):
                key = (a, row["uidvalidity"])
                now = (row["modseq"], row["uidnext"])
                was = self.modseqs.get(key, (0, 0))
                check(now[0] >= was[0] and now[1] >= was[1],
                      f"{a} {row['mailbox']}: modseq and UIDNEXT were {was}, "
                      f"are {now}")
                self.modseqs[key] = now

    def verify(self):
        faults = self.d.verify()
        check(not faults, "verify: " + faults[:2000])

    # ---- one round

    def round(self, seconds):
        self.load(seconds)
        how = self.rng.randrange(3)
        if how == 1:
            self.kill_while_it_recovers()
        if how == 2:
            self.verify()       # this recovers, too
        self.restart()
        self.settle()
        if how != 2:
            self.d.kill()
            self.verify()
            self.restart()


def main(rounds):
    t = lib.Tap()
    seed = os.environ.get("POSTERN_SEED") or str(random.SystemRandom()
                                                 .randrange(1 << 32))
    rounds = int(os.environ.get("POSTERN_ROUNDS") or rounds)
    t.note(f"POSTERN_SEED={seed} POSTERN_ROUNDS={rounds}")
    with Imapd(extra=EXTRA) as d:
        r = Rounds(t, d, seed)
        r.prepare()
        try:
            for n in range(1, rounds + 1):
                before = r.delivered, r.changed
                r.round(r.rng.uniform(0.2, 2.5))
                t.ok(True, f"round {n}: {r.delivered - before[0]} deliveries, "
                     f"{r.changed - before[1]} changes, serving again after "
                     f"{r.restarts[-1]:.2f} s")
        except Wrong as e:
            t.ok(False, f"round {n}", str(e))
            keep(t, d)
    t.note(f"{r.delivered} deliveries and {r.changed} changes were "
           f"acknowledged; slowest of {len(r.restarts)} restarts "
           f"{max(r.restarts):.2f} s")
    t.done()


def keep(t, d):
    """Keeps the store of a failed round."""
    d.check = False
    if d.process.popen.poll() is None:
        d.kill()
    t.note(d.process.log()[-3000:].decode(errors="replace"))
    lib.SCRATCH.remove(d.top)
    t.note(f"the store is kept in {d.top}")
