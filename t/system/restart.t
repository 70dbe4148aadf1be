#!/usr/bin/env python3
"""imapd, milter and Postfix are killed while mail flows, and nothing is lost.

Each message that Postfix has acknowledged arrives once.  If the connection
broke before the reply to a message, nobody can know: such a message is sent
again, and may arrive once for each attempt.
"""
import collections
import itertools
import os
import smtplib
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402

NAMES = ("postern-imapd", "postern-milter", "postfix")
BETWEEN = 15            # messages acknowledged between two kills


class Flow:
    """Sends numbered messages, one after the other, until it is stopped."""

    def __init__(self, ls):
        self.ls = ls
        self.acknowledged = []
        self.doubtful = collections.Counter()
        self.progress = threading.Condition()
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        n = 0
        smtp = None
        while not self.stopping:
            subject = "flow %d" % n
            try:
                if smtp is None:
                    smtp = self.ls.smtp()
                smtp.sendmail("me@example.org", ["x@example.com"],
                              lib.message(subject))
            except smtplib.SMTPResponseException:
                smtp = None     # deferred: certainly not accepted
                continue
            except smtplib.SMTPRecipientsRefused:
                smtp = None
                continue
            except (OSError, smtplib.SMTPException):
                self.doubtful[subject] += 1
                smtp = None
                continue
            n += 1
            with self.progress:
                self.acknowledged.append(subject)
                self.progress.notify_all()

    def wait_more(self, n):
        with self.progress:
            want = len(self.acknowledged) + n
            return self.progress.wait_for(
                lambda: len(self.acknowledged) >= want, lib.PATIENCE)

    def stop(self):
        self.stopping = True
        self.thread.join(lib.PATIENCE)
        return not self.thread.is_alive()


def tell_story(t, ls, subject):
    """Prints what the log says about a message, by its Message-ID and queue
    ids."""
    lines = ls.log().decode("utf-8", "replace").splitlines()
    name = "message-id=<%s@test.example>" % subject.replace(" ", ".")
    ids = [line.split()[5].rstrip(":") for line in lines if name in line]
    t.note("%s: queue ids %s" % (subject, ids))
    for line in lines:
        if any(i in line for i in ids):
            t.note(line[:300])


def tell_end(t, ls, why):
    t.note("%s; the log ends:" % why)
    t.note(ls.log()[-12000:].decode("utf-8", "replace"))


def main():
    t = lib.Tap()
    with lib.Localserve(t) as ls:
        flow = Flow(ls)
        t.ok(flow.wait_more(BETWEEN), "mail flows before the first kill")
        for order in itertools.permutations(NAMES):
            flowed = True
            for name in order:
                ls.kill(name)
                if not flow.wait_more(BETWEEN):
                    flowed = False
                    tell_end(t, ls, "nothing goes after kill of " + name)
            t.ok(flowed, "mail flows again after each kill -9 of "
                 + ", ".join(order))
        for name in NAMES:
            ls.kill(name)
        t.ok(flow.wait_more(BETWEEN),
             "mail flows again after all were killed at once")
        t.ok(flow.stop(), "the sender stops")
        with ls.imap() as box:
            t.ok(box.wait_exists(len(flow.acknowledged)),
                 "%d messages came" % len(flow.acknowledged),
                 "only %d did" % box.exists)
            t.ok(ls.wait_queue_empty(box), "Postfix's queue is empty")
        with ls.imap() as box:
            got = collections.Counter(box.subjects())
        lost = [s for s in flow.acknowledged if got[s] == 0]
        twice = [s for s, n in got.items() if n > 1 + flow.doubtful[s]]
        t.equal(lost, [], "no acknowledged message is lost")
        t.equal(twice, [], "no message arrived twice")
        for subject in lost + twice:
            tell_story(t, ls, subject)
        t.note("%d messages were in doubt when a connection broke"
               % len(flow.doubtful))
    t.done()


main()
