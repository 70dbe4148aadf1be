#!/usr/bin/env python3
"""The milter and messages: results, relays, sender addresses, submission
limits, signatures, memory.
"""
import os
import re
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
from milter_talk import Talk, configure, milter_lines, send, \
    wait_line  # noqa: E402

YOU = "you@localhost"
SENDER = "a@test.example"
OURS = {"ip": "192.0.2.1", "name": "mail.test.example",
        "helo": "mail.test.example"}


class Box:
    """The mailbox of an account; returns each message once, in order."""

    def __init__(self, ls, login=YOU):
        self.ls, self.login = ls, login
        with ls.imap(login) as box:
            self.seen = box.exists

    def next(self):
        with self.ls.imap(self.login) as box:
            if not box.wait_exists(self.seen + 1):
                raise RuntimeError("no message came")
            self.seen += 1
            return box.ok("FETCH %d BODY.PEEK[]" % self.seen) \
                .untagged[0].literals[0]


def fields(message, name):
    """The unfolded values of a field."""
    head = re.sub(rb"\r\n[ \t]+", b" ", message.split(b"\r\n\r\n")[0])
    return [v.strip().decode() for k, _, v in
            (line.partition(b":") for line in head.split(b"\r\n"))
            if k.lower() == name.lower().encode()]


def test_results(t, ls, box):
    configure(ls)
    t.equal(send(ls, SENDER, YOU, lib.message("r", SENDER), **OURS)[0], 250,
            "a message from a known host is delivered")
    m = box.next()
    got = fields(m, "Authentication-Results")
    t.equal(len(got), 1, "it has one field of results")
    for word in ("localhost;", "spf=pass (mx) smtp.mailfrom=a@test.example",
                 "spf=pass (a) smtp.helo=mail.test.example", "iprev=pass",
                 "dkim=none", "dmarc=pass"):
        t.ok(word in got[0], "the results say " + word, got[0])
    t.ok(m.index(b"Authentication-Results:") <
         m.index(b"Received: from mail.test.example"),
         "they are above the Received field of the host that wrote them")
    line = milter_lines(ls, "msg=message")[-1]
    for word in ("queue-id=", "ip=192.0.2.1", "mail-from=a@test.example",
                 "from=a@test.example", "spf=pass", "dkim=none",
                 "dmarc=pass", "action=accept", " ms="):
        t.ok(word in line, "the line in the log has " + word, line)
    t.equal(send(ls, SENDER, YOU, lib.message("r", SENDER),
                 ip="203.0.113.9", helo="other.example")[0], 250,
            "nothing is refused for SPF and DMARC alone")
    got = fields(box.next(), "Authentication-Results")[0]
    t.ok("spf=fail" in got and "dmarc=fail" in got,
         "they are shown as results", got)


FORGED = ("localhost; spf=pass smtp.mailfrom=x@bank.example",
          "LocalHost (me); dkim=pass header.d=bank.example",
          "\"localhost\"/1; none", "=?; nonsense (")
KEPT = ("mx.other.example; spf=fail", "localhost.example; none")


def with_results():
    return "".join("Authentication-Results: %s\r\n" % v
                   for pair in zip(FORGED, KEPT + KEPT) for v in pair)


def test_forged(t, ls, box):
    text = with_results() + lib.message("f", SENDER)
    send(ls, SENDER, YOU, text, **OURS)
    got = fields(box.next(), "Authentication-Results")
    t.equal(got[1:], list(KEPT + KEPT),
            "forged results of ours are removed, others stay in order")
    t.ok("bank" not in got[0], "our results are on top")
    send(ls, SENDER, YOU, text, helo="x")
    got = fields(box.next(), "Authentication-Results")
    t.equal(len(got), len(FORGED + KEPT + KEPT),
            "results from own networks stay")
    submit(ls, YOU, with_results() + lib.message("f", YOU))
    got = fields(box.next(), "Authentication-Results")
    t.equal(got, list(KEPT + KEPT),
            "results from users are removed, and none is added")
    configure(ls, "authserv-id = site.example")
    send(ls, SENDER, YOU, "Authentication-Results: site.example; spf=pass\r\n"
         + lib.message("f", SENDER), **OURS)
    got = fields(box.next(), "Authentication-Results")
    t.ok(len(got) == 1 and got[0].startswith("site.example; iprev="),
         "authserv-id is the name of our results", repr(got))
    configure(ls)


def test_relay(t, ls, box):
    configure(ls, "trusted-relays = 198.51.100.0/24")
    relay = {"ip": "198.51.100.1", "helo": "relay.example"}
    hop = "Received: from %s (%s [%s])\r\n\tby relay.example; x\r\n"
    text = lib.message("relayed", SENDER)
    rows = [
        (hop % ("mail.test.example", "mail.test.example", "192.0.2.1"),
         "spf=pass", "192.0.2.1"),
        (hop % ("mail.test.example", "unknown", "203.0.113.5"), "spf=fail",
         "203.0.113.5"),
        (hop % ("second", "second", "198.51.100.2") +
         hop % ("mail.test.example", "mail.test.example", "192.0.2.1"),
         "spf=pass", "192.0.2.1"),
        (hop % ("x", "localhost", "127.0.0.1") +
         hop % ("mail.test.example", "mail.test.example", "192.0.2.1"),
         "spf=pass", "192.0.2.1"),
        ("Received: by relay.example with local; x\r\n" +
         hop % ("mail.test.example", "mail.test.example", "192.0.2.1"),
         "spf=fail", "198.51.100.1")]
    for head, spf, ip in rows:
        t.equal(send(ls, SENDER, YOU, head + text, **relay)[0], 250,
                "a relay passes on a message of %s" % ip)
        got = fields(box.next(), "Authentication-Results")[0]
        t.ok(spf + " " in got.partition("smtp.helo")[2] or spf in got,
             "SPF checks that client", got)
        t.ok(" ip=%s " % ip in milter_lines(ls, "msg=message")[-1],
             "the log shows that client")
    with Talk(ls, **relay) as c:
        t.equal(c.envelope(SENDER, YOU, "u0001@localhost"), [250] * 3,
                "a relay may name two recipients")
    send(ls, SENDER, YOU, rows[0][0] + text, ip="203.0.113.9",
         helo="x.example")
    got = fields(box.next(), "Authentication-Results")[0]
    t.ok("spf=fail" in got, "Received fields of other hosts are ignored", got)
    configure(ls)


def submit(ls, sender, message, *recipients):
    with Talk(ls, "203.0.113.50", helo="x", login=YOU, offset=587) as c:
        codes = c.envelope(sender, *(recipients or (YOU,)))
        if max(codes) >= 400:
            return c.last
        return c.data(message)


def test_senders(t, ls, box):
    ls.postern("address", "add", "me@own.example", YOU)
    rows = [(YOU, "From: " + YOU, 250), ("", "From: " + YOU, 250),
            (YOU, "From: a@other.example", 550),
            ("a@other.example", "From: " + YOU, 550),
            (YOU, "From: %s, a@other.example" % YOU, 550),
            (YOU, "From: you@localhost, u0001@localhost", 550),
            (YOU, "From: nonsense", 550),
            (YOU, "From: %s@localhost" % ("x" * 1100), 550),
            ("x" * 1100 + "@localhost", "From: " + YOU, 550),
            (YOU, "From: <>", 550), (YOU, "From: group:;", 550),
            (YOU, "From: %s\r\nFrom: %s" % (YOU, YOU), 550)]
    for sender, head, want in rows:
        code, text = submit(ls, sender, head + "\r\nTo: b@c.example\r\n\r\nx")
        t.equal(code, want, "MAIL FROM:<%.40s> and %.80r: %d" %
                (sender, head, want))
        if code == 250:
            box.next()
    t.match(text, r"5\.6\.0 .*more than one From", "the reply says why")
    t.ok(wait_line(ls, "setting=check-submission-senders"),
         "the log names the setting")
    code, text = submit(ls, YOU, "", "x" * 1100 + "@c.example")
    t.ok(code == 553 and "5.1.3" in text,
         "a recipient that cannot be an address is refused", text)
    with Talk(ls, helo="x") as c:
        t.equal(c.envelope(SENDER, "x" * 310 + "@c.example",
                           "x" * 311 + "@c.example"), [250, 250, 553],
                "a recipient over 320 bytes is refused for any client")
    code, _ = send(ls, SENDER, YOU, lib.message("x", "a@other.example"),
                   helo="x")
    t.equal(code, 250, "own networks may use any From")
    box.next()


def test_limits(t, ls, box):
    ls.postern("account", "set", YOU, "recipients-per-day=4")
    message = "From: %s\r\nSubject: limit\r\n\r\nx" % YOU
    # Two were sent before, with correct From and MAIL FROM.
    code, text = submit(ls, YOU, message, YOU, YOU, YOU)
    t.ok(code == 451 and "4.7.1" in text,
         "too many recipients in a day get 451",
         text)
    t.match(text, "at most 4 recipients in 24 hours.*recipients-per-day",
            "the reply names the limit and the setting")
    t.ok(wait_line(ls, "setting=recipients-per-day"),
         "the log names the limit, too")
    code, text = submit(ls, YOU, message)
    t.equal(code, 250, "a message within the limit is accepted", )
    box.next()
    ls.postern("account", "set", YOU, "recipients-per-day=1000",
               "first-time-recipients-per-day=3")
    code, text = submit(ls, YOU, message, "n1@x.example", "n2@x.example",
                        "n3@x.example")
    t.ok(code == 451 and "first-time-recipients-per-day" in text,
         "too many new recipients get 451", text)
    ls.postern("account", "set", YOU, "first-time-recipients-per-day=1000")


def verified(ls, message, records):
    path = os.path.join(ls.top, "message")
    with open(path, "wb") as f:
        f.write(message)
    with open(path + ".dns", "w") as f:
        f.write(records)
    return ls.postern("--json", "dkim", "check", "--dns-data", path + ".dns",
                      path)


def test_signing(t, ls, box):
    records = ""
    for domain in ("own.example", "second.example"):
        status, out, _ = ls.postern("dkim", "gen", domain)
        t.equal(status, 0, "keys for " + domain)
        records += out.decode()
    configure(ls, "own-networks = 198.51.100.0/24, 127.0.0.0/8")
    own = {"ip": "198.51.100.7", "helo": "x"}
    rows = [("From: me@own.example\r\nSubject: s", own, 2),
            ("From: me@OWN.example\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000"
             "\r\nMessage-ID: <x@own.example>", own, 2),
            ("From: me@own.example, b@second.example, c@own.example", own, 4),
            ("From: me@other.example", own, 0),
            ("From: me@sub.own.example", own, 0),
            ("From: me@own.example", OURS, 0)]
    for head, who, want in rows:
        t.equal(send(ls, SENDER, YOU, head + "\r\n\r\nbody\r\n", **who)[0],
                250, "%r is sent" % head[:40])
        m = box.next()
        t.equal(len(fields(m, "DKIM-Signature")), want,
                "it has %d signatures" % want)
        if who is own:
            t.ok(len(fields(m, "Date")) == 1 and
                 len(fields(m, "Message-ID")) == 1,
                 "it has one Date and one Message-ID")
        if want == 0:
            continue
        status, out, said = verified(ls, m, records)
        t.ok(status == 0 and out.count(b'"pass"') == want,
             "all signatures verify", repr((out, said)))
        cut = re.sub(rb"\r\nDate:[^\r]*", b"", m)
        status, out, said = verified(ls, cut, records)
        t.ok(out.count(b'"pass"') == 0,
             "they do not verify without the Date", repr(out))
    t.equal(submit(ls, YOU, "From: me@own.example\r\n\r\nx")[0], 250,
            "a user's message is sent")
    signatures = fields(box.next(), "DKIM-Signature")
    t.equal(len(signatures), 2, "it is signed")
    t.equal([lifetime(s) for s in signatures], [3 * 86400] * 2,
            "the signature is valid for three days")
    configure(ls, "dkim-lifetime = 0")
    submit(ls, YOU, "From: me@own.example\r\n\r\nx")
    t.equal([lifetime(s) for s in fields(box.next(), "DKIM-Signature")],
            [None] * 2, "with dkim-lifetime = 0 it never expires")
    configure(ls)


def lifetime(signature):
    """The number of seconds it is valid; None: without end."""
    tags = dict(s.strip().split("=", 1) for s in signature.split(";"))
    return int(tags["x"]) - int(tags["t"]) if "x" in tags else None


def test_large(t, ls, box):
    """A message of 50 MB is kept in a file, not in memory."""
    mb = 50 if os.environ.get("POSTERN_TEST_ALL") else 20
    body = ("x" * 76 + "\r\n") * (mb * 1024 * 1024 // 78)
    pid = ls.pid_of("postern-milter")
    before = peak_kb(pid)
    t.equal(send(ls, SENDER, YOU, lib.message("large", SENDER, body=body),
                 **OURS)[0], 250, "a message of %d MB is accepted" % mb)
    box.next()
    grown = peak_kb(pid) - before
    t.ok(grown < 10 * 1024, "with less than 10 MB of memory",
         "%d KB" % grown)


def peak_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmHWM:\s*(\d+)", f.read()).group(1))


def resident_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))


def test_sessions(t, ls):
    """Many sessions, opened without an MTA: connect, HELO, MAIL."""
    n = 1000
    pid = ls.pid_of("postern-milter")
    held = [Milter(ls) for _ in range(n)]
    for m in held:
        m.begin("198.51.%d.%d" % (100 + len(held) % 3, 1), SENDER)
    kb = resident_kb(pid)
    t.note("%d sessions: %d KB" % (n, kb))
    t.ok(kb < 30 * 1024 or sanitized(pid),
         "%d open sessions take less than 30 MB" % n, "%d KB" % kb)
    for m in held:
        m.close()


def test_old_mta(t, ls):
    """An MTA that does not pass on recipients it refuses itself, or leading
    spaces."""
    m = Milter(ls)
    try:
        m.negotiate(0xff)
        t.ok(False, "an MTA with an older protocol is refused")
    except EOFError:
        t.ok(wait_line(ls, "protocol is too old"),
             "an MTA with an older protocol is refused, and the log says so")
    m.sock.close()


def sanitized(pid):
    with open("/proc/%d/maps" % pid) as f:
        return "libasan" in f.read()


class Milter:
    """The MTA's side of the milter protocol, as far as needed here."""

    def __init__(self, ls):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(lib.PATIENCE)
        self.sock.connect(os.path.join(ls.dir, "spool/postern/milter"))

    def put(self, what, data=b""):
        self.sock.sendall((len(data) + 1).to_bytes(4, "big") + what + data)

    def get(self):
        head = self.exactly(4)
        return self.exactly(int.from_bytes(head, "big"))

    def exactly(self, n):
        out = b""
        while len(out) < n:
            piece = self.sock.recv(n - len(out))
            if not piece:
                raise EOFError
            out += piece
        return out

    def negotiate(self, steps=0x1fffff):
        self.put(b"O", b"".join(n.to_bytes(4, "big")
                                for n in (6, 0x1ff, steps)))
        return self.get()

    def begin(self, ip, sender):
        self.negotiate()
        self.put(b"D", b"C{daemon_name}\0mx\0j\0localhost\0")
        self.put(b"C", b"unknown\0" + b"4" + b"\0\0" + ip.encode() + b"\0")
        self.get()
        self.put(b"H", b"mail.test.example\0")
        self.get()
        self.put(b"M", b"<" + sender.encode() + b">\0")
        self.get()

    def close(self):
        self.put(b"Q")
        self.sock.close()


def main():
    t = lib.Tap()
    # AddressSanitizer keeps freed memory: that is not the program's.
    os.environ["ASAN_OPTIONS"] = ":".join(
        [os.environ.get("ASAN_OPTIONS", "verbosity=0"),
         "quarantine_size_mb=1", "thread_local_quarantine_size_kb=16"])
    with lib.Localserve(t, "--users", "2", "--set",
                        "check-submission-senders=yes",
                        "--set", "milter-sessions-max=2000") as ls:
        box = Box(ls)
        configure(ls)
        test_results(t, ls, box)
        test_forged(t, ls, box)
        test_relay(t, ls, box)
        test_senders(t, ls, box)
        test_limits(t, ls, box)
        test_large(t, ls, box)
        configure(ls, "connection-rate-limit = 0, 0, 0",
                  "open-connections-limit = 0, 0, 0")
        test_sessions(t, ls)
        test_old_mta(t, ls)
    with lib.Localserve(t, "--users", "2") as ls:
        test_signing(t, ls, Box(ls))
    t.done()


main()
