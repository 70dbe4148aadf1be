"""Every program killed at every stage of a message's way; see
restart-matrix.t.

Some messages are brought to a stage side by side, then postern-imapd,
postern-milter, or the whole of Postfix gets SIGKILL, then each sender goes on
as if nothing had happened.  What became of a message, as its sender knows it:

	taken		250 to its dot: it must arrive, once
	told		a refusal, or the connection broke before the dot: it
			must not arrive
	in doubt	the connection broke between dot and answer (RFC 1047):
			it may have arrived, but not twice
"""
import collections
import os
import random
import smtplib
import threading

import lib
import tokens

IMAPD, MILTER, POSTFIX = "postern-imapd", "postern-milter", "postfix"
VICTIMS = (IMAPD, MILTER, POSTFIX)
KINDS = ("delivery", "submission")
# A session's steps.  After the last one Postfix has the message.
STEPS = ("connect", "MAIL", "RCPT", "DATA", "body", "dot")
STAGES = STEPS + ("queue", "LMTP")
LMTP_MS = 120                   # about the time in which a batch is delivered
SIDE_BY_SIDE = 25
LOGIN = "you@localhost"
DATE = b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"


class Session:
    """One message, sent step by step."""

    def __init__(self, ls, kind, token):
        self.ls = ls
        self.is_submission = kind == "submission"
        self.token = token
        self.steps = list(STEPS)
        self.smtp = None
        self.fate = None

    def connect(self):
        self.smtp = self.ls.smtp(587 if self.is_submission else 25)

    def mail(self):
        if self.is_submission:
            self.smtp.starttls()
            self.smtp.login(LOGIN, lib.PASSWORD)
        else:
            self.smtp.ehlo()
        sender = LOGIN if self.is_submission else "me@example.org"
        self.expect(self.smtp.mail(sender), 250)

    def rcpt(self):
        self.expect(self.smtp.rcpt("somebody@example.com"), 250)

    def data(self):
        self.smtp.putcmd("DATA")
        self.expect(self.smtp.getreply(), 354)

    def body(self):
        # Without a date Postfix would add one after the other fields.
        text = DATE + tokens.message(self.token)
        text = text.replace(b"\r\n.", b"\r\n..")
        self.half = len(text) // 2
        self.text = text
        self.smtp.send(text[:self.half])

    def dot(self):
        self.fate = "in doubt"
        self.smtp.send(self.text[self.half:] + b".\r\n")

    def reply(self):
        self.expect(self.smtp.getreply(), 250)
        self.fate = "taken"
        self.smtp.close()

    @staticmethod
    def expect(answer, code):
        if answer[0] != code:
            raise smtplib.SMTPResponseException(*answer)

    def go(self, fn):
        """Does the next step.  Returns whether the session goes on."""
        try:
            fn()
        except smtplib.SMTPResponseException as e:
            # A server that replies 421 or 451 to the dot has not accepted it.
            self.fate = "told" if e.smtp_code >= 400 else "in doubt"
        except (OSError, smtplib.SMTPException):
            self.fate = self.fate or "told"
        else:
            return True
        if self.smtp is not None:
            self.smtp.close()
        self.steps = []
        self.smtp = None
        return False

    def run_to(self, stage):
        """Does the steps up to and including this one."""
        while self.steps:
            step = self.steps.pop(0)
            if not self.go(getattr(self, step.lower())) or step == stage:
                return

    def finish(self):
        self.run_to(None)
        if self.fate == "in doubt" and self.smtp is not None:
            self.go(self.reply)


def side_by_side(sessions, fn):
    threads = [threading.Thread(target=fn, args=(s,), daemon=True)
               for s in sessions]
    for t in threads:
        t.start()
    for t in threads:
        t.join(2 * lib.PATIENCE)
        assert not t.is_alive(), "a sender hangs"


def children_of(pid):
    """Returns [(pid, name)] of the children of a process."""
    out = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii") as f:
                head, _, tail = f.read().rpartition(")")
        except OSError:
            continue
        if int(tail.split()[1]) == pid:
            out.append((int(name), head.partition("(")[2]))
    return out


class Queue:
    """Postfix's queue manager, which can be stopped for a while."""

    def __init__(self, ls):
        self.ls = ls
        self.pid = None

    def hold(self):
        master = self.ls.pid_of(POSTFIX)
        self.pid = [p for p, name in children_of(master)
                    if name == "qmgr"][0]
        os.kill(self.pid, lib.signal.SIGSTOP)

    def release(self):
        if self.pid is not None and lib.process_lives(self.pid):
            os.kill(self.pid, lib.signal.SIGCONT)
        self.pid = None


class Matrix:
    def __init__(self, tap, ls, seed):
        self.tap = tap
        self.ls = ls
        self.rng = random.Random(seed)
        self.names = tokens.Tokens("m", random.Random(f"{seed}.m"))
        self.queue = Queue(ls)
        self.fates = {}                 # token -> fate
        self.kills = collections.Counter()

    def sessions(self, kind, n):
        return [Session(self.ls, kind, self.names.next(large=0.02))
                for _ in range(n)]

    def kill(self, victim):
        """Kills all its processes at once, as if the machine had died."""
        pid = self.ls.pid_of(victim)
        pids = [pid]
        if victim == POSTFIX:
            pids += [p for p, _ in children_of(pid)]
        for p in pids:
            try:
                os.kill(p, lib.signal.SIGKILL)
            except ProcessLookupError:
                pass
        for p in pids:
            assert lib.process_ended(p), f"{victim} does not end"
        self.kills[victim] += 1

    def flows_again(self):
        """Waits until a message is accepted; the first attempts may fail."""
        until = lib.deadline()
        while lib.left(until) > 0:
            s = self.sessions(KINDS[0], 1)[0]
            s.finish()
            self.fates[s.token] = s.fate
            if s.fate == "taken":
                return True
            # Wait a moment, unless localserve exits.
            if lib.process_ended(self.ls.process.pid, 0.05):
                break
        return False

    def batch(self, victim, stage, kind, n):
        """Brings n messages to the stage, kills, and goes on.  Returns whether
        all is well."""
        sessions = self.sessions(kind, n)
        if stage in STEPS:
            side_by_side(sessions, lambda s: s.run_to(stage))
        else:
            self.queue.hold()
            side_by_side(sessions, Session.finish)
        if stage == "LMTP":
            self.queue.release()
            lib.process_ended(self.ls.pid_of(victim),
                              self.rng.random() * LMTP_MS / 1000)
        self.kill(victim)
        self.queue.release()
        side_by_side(sessions, Session.finish)
        for s in sessions:
            self.fates[s.token] = s.fate
        return self.flows_again()

    def cell(self, victim, stage, kind, count):
        good = True
        before = collections.Counter(self.fates.values())
        while count > 0:
            n = min(count, SIDE_BY_SIDE)
            good = self.batch(victim, stage, kind, n) and good
            count -= n
        after = collections.Counter(self.fates.values())
        after.subtract(before)
        self.tap.ok(good, f"{victim} killed at {stage} of a {kind}")
        self.tap.note(", ".join(f"{n} {fate}" for fate, n in
                                sorted(after.items()) if n > 0))

    # ---- what was delivered

    def check(self):
        with self.ls.imap() as box:
            taken = sum(f == "taken" for f in self.fates.values())
            box.wait_exists(taken)
            self.tap.ok(self.ls.wait_queue_empty(box), "Postfix's queue is empty")
        came, broken = collections.Counter(), []
        with self.ls.imap() as box:
            for text in box.fetch():
                came[tokens.of(text)] += 1
                if not tokens.is_whole(text, 64 << 10):
                    broken.append(tokens.of(text))
        fates = self.fates
        self.tap.equal(broken, [], "all that came is whole, and ours")
        self.tap.equal([t for t in fates if fates[t] == "taken"
                        and came[t] == 0], [], "nothing taken is lost")
        self.tap.equal([t for t, n in came.items() if n > 1], [],
                       "nothing came twice")
        self.tap.equal([t for t in fates if fates[t] == "told" and came[t]],
                       [], "nothing came of which the sender was told else")
        self.tap.note("%s; of those in doubt %d came; %d kills" % (
            ", ".join(f"{n} {f}" for f, n in sorted(
                collections.Counter(fates.values()).items())),
            sum(came[t] for t in fates if fates[t] == "in doubt"),
            sum(self.kills.values())))


def main(count, both_kinds):
    """Runs count messages in each cell; both kinds, or one of them in turn."""
    t = lib.Tap()
    seed = os.environ.get("POSTERN_SEED") or str(random.randrange(1 << 30))
    t.note("POSTERN_SEED=" + seed)
    with lib.Localserve(t) as ls:
        m = Matrix(t, ls, seed)
        # A program that is killed twice within 2 s is restarted later.
        for j, stage in enumerate(STAGES):
            for i, victim in enumerate(VICTIMS):
                for kind in KINDS if both_kinds else (KINDS[(i + j) % 2],):
                    m.cell(victim, stage, kind, count)
        m.check()
    t.done()
