#!/usr/bin/env python3
"""What a message gets on its way in: Authentication-Results, and a count for
DMARC reports.

End to end, through a real Postfix.  XCLIENT makes us any sender; the DNS is
the dns-data file.
"""
import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from milter_talk import Talk, milter_lines, send              # noqa: E402

DNS = """
good.example TXT "v=spf1 ip4:198.51.100.1 -all"
good.example MX 10 mail.good.example
mail.good.example A 198.51.100.1
mail.good.example TXT "v=spf1 a -all"
1.100.51.198.in-addr.arpa PTR mail.good.example
_dmarc.good.example TXT "v=DMARC1; p=reject"
slow.example MX 10 mail.good.example
slow.example TIMEOUT
_dmarc.slow.example TIMEOUT
nopolicy.example A 192.0.2.1
"""

MESSAGE = """{head}From: <a@{domain}>
To: <you@localhost>
Subject: {subject}

hello
"""

FORGED = """Authentication-Results: {us};
\tdkim=pass header.d=bank.example
Authentication-Results: (hello) "{us}" 1; spf=pass
Authentication-Results: this does not parse
Authentication-Results: other.example; spf=pass
"""


class Server:
    def __init__(self, t, ls):
        self.t, self.ls = t, ls
        self.box = ls.imap()
        self.count = self.box.exists

    def receive(self, subject, domain="good.example", head="", **how):
        """Sends a message.  Returns it as it is stored."""
        how.setdefault("ip", "198.51.100.1")
        how.setdefault("name", "mail.good.example")
        how.setdefault("helo", "mail.good.example")
        code, text = send(self.ls, how.pop("sender", "a@" + domain),
                          "you@localhost", MESSAGE.format(
                              subject=subject, domain=domain, head=head),
                          **how)
        self.t.equal(code, 250, f"'{subject}' is accepted") or \
            self.t.note(text)
        self.count += 1
        self.box.wait_exists(self.count)
        return self.box.fetch()[-1].decode("utf-8", "replace")

    def data(self):
        out = lib.run([lib.POSTERN, "-c", self.ls.dir + "/postern.conf",
                       "dmarc", "data", "--json"])[1]
        return json.loads(out)

    def wait_data(self, domain, count):
        until = lib.deadline()
        while lib.left(until) > 0:
            rows = [r for r in self.data() if r["from-domain"] == domain]
            if sum(r["count"] for r in rows) >= count:
                return rows
            os.sched_yield()
        return []


def fields(message):
    """The unfolded values of Authentication-Results."""
    head = message.replace("\r\n", "\n").split("\n\n")[0]
    head = re.sub(r"\n[ \t]", " ", head)
    return [line.split(":", 1)[1].strip() for line in head.split("\n")
            if line.lower().startswith("authentication-results:")]


def good_mail(t, s):
    got = fields(s.receive("good"))
    t.equal(len(got), 1, "a message gets one field of results")
    s.us = got[0].split(";")[0]
    t.ok("iprev=pass (mail.good.example) policy.iprev=198.51.100.1" in got[0]
         and "spf=pass (a) smtp.helo=mail.good.example" in got[0]
         and "spf=pass (ip4:198.51.100.1) smtp.mailfrom=a@good.example"
         in got[0] and "dkim=none" in got[0] and
         "dmarc=pass (p=reject dis=none) header.from=good.example" in got[0],
         "the field has all results", got[0])
    t.match(milter_lines(s.ls, "msg=message")[-1],
            r'results="spf=pass dkim=none dmarc=pass iprev=pass dnsbl=0"',
            "the log has a summary")


def forged_mail(t, s):
    got = fields(s.receive("forged", ip="203.0.113.7", name=None,
                           head=FORGED.format(us=s.us)))
    t.equal(len(got), 2, "forged results and those without a host are removed")
    t.ok(got[1] == "other.example; spf=pass",
         "results of another host stay", got)
    t.ok("spf=fail" in got[0] and "iprev=permerror" in got[0] and
         "dmarc=fail (p=reject dis=reject)" in got[0],
         "no message is refused because of its results", got[0])


def slow_mail(t, s):
    got = fields(s.receive("slow", domain="slow.example"))
    t.ok("spf=temperror" in got[0] and "dmarc=temperror" in got[0] and
         "iprev=pass" in got[0], "a missing DNS answer is a temperror", got)


def own_mail(t, s):
    got = fields(s.receive("own", ip=None, helo="localhost",
                           head="Authentication-Results: %s; none\n" % s.us))
    t.equal(got, [s.us + "; none"], "mail from own networks keeps our results")


def counted(t, s):
    rows = s.wait_data("good.example", 2)
    t.equal(sorted((r["source-ip"], r["count"], r["disposition"],
                    r["spf-aligned"]) for r in rows),
            [("198.51.100.1", 1, "none", "pass"),
             ("203.0.113.7", 1, "reject", "fail")],
            "messages are counted for reports")
    s.receive("without a policy", domain="nopolicy.example")
    s.receive("one more")
    rows = s.wait_data("good.example", 3)
    t.equal(sorted(r["count"] for r in rows), [1, 2], "the counts add up")
    t.ok(not any(r["from-domain"] == "nopolicy.example" for r in s.data()),
         "domains without a policy are not counted")


def deferred_is_not_counted(t, s):
    """A deferred message comes again and counts then."""
    before = sum(r["count"] for r in s.data()
                 if r["from-domain"] == "good.example")
    with Talk(s.ls, ip="198.51.100.1", helo="mail.good.example") as c:
        t.equal(c.envelope("a@good.example", "you@localhost"), [250, 250],
                "a recipient is accepted")
        s.ls.postern("account", "set", "you@localhost", "quota-bytes=1")
        t.equal(c.data(MESSAGE.format(subject="deferred", head="",
                                      domain="good.example"))[0], 452,
                "the message is deferred")
    s.ls.postern("account", "set", "you@localhost", "quota-bytes=none")
    s.receive("again")
    rows = s.wait_data("good.example", before + 1)
    t.equal(sum(r["count"] for r in rows), before + 1,
            "a deferred message is not counted")


def counted_at_the_end(t, s):
    """A milter that stops first hands over its counts."""
    s.receive("last")
    pid = s.ls.pid_of("postern-milter")
    os.kill(pid, signal.SIGTERM)
    lib.process_ended(pid)
    t.ok(s.wait_data("good.example", 5), "the remaining counts are kept")


def main():
    t = lib.Tap()
    folder = os.path.join(lib.scratch(), "localserve")
    os.makedirs(folder)
    with open(os.path.join(folder, "dns-data"), "w") as f:
        f.write(DNS)
    with lib.Localserve(t, "--set", "dmarc-record-interval=100ms",
                        folder=folder) as ls:
        s = Server(t, ls)
        for test in (good_mail, forged_mail, slow_mail, own_mail, counted,
                     deferred_is_not_counted, counted_at_the_end):
            test(t, s)
    t.done()


main()
