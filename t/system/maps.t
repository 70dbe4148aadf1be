#!/usr/bin/env python3
"""What the MTA asks imapd: socketmap look-ups and the Dovecot auth protocol.
"""
import base64
import contextlib
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lines, Lmtp                                 # noqa: E402

t = lib.Tap()
PASSWORD = "secret-ä"


class Map(Lines):
    def __init__(self, d):
        super().__init__(d.path("run", "map"))

    def ask(self, name, key):
        request = f"{name} {key}".encode()
        self.send(b"%d:%s," % (len(request), request))
        return self.reply()

    def reply(self):
        digits = b""
        while not digits.endswith(b":"):
            c = self.file.read(1)
            if not c:
                return None
            digits += c
        text = self.file.read(int(digits[:-1]) + 1)
        assert text.endswith(b","), text
        return text[:-1].decode()


class Auth(Lines):
    """The MTA's side; its ids count up."""

    def __init__(self, d, greet=True):
        super().__init__(d.path("run", "auth"))
        self.greeting = []
        self.id = 0
        if greet:
            while not self.greeting or self.greeting[-1] != "DONE":
                self.greeting.append(self.line().decode())
            self.send("VERSION\t1\t2\nCPID\t4711\n")

    def begin(self, mechanism, response=None, params=""):
        self.id += 1
        line = f"AUTH\t{self.id}\t{mechanism}\tservice=smtp\tnologin" \
            f"\tlip=127.0.0.1\trip=192.0.2.1{params}"
        if response is not None:
            line += "\tresp=" + b64(response)
        self.send(line + "\n")
        return self.answer()

    def go_on(self, response):
        self.send(f"CONT\t{self.id}\t{b64(response)}\n")
        return self.answer()

    def answer(self):
        return self.line().decode()

    def plain(self, user, password):
        return self.begin("PLAIN", f"\0{user}\0{password}")


def b64(text):
    if isinstance(text, str):
        text = text.encode()
    return base64.b64encode(text).decode()


def accounts(d):
    for name in ("alice", "bob", "full", "off", "owner"):
        d.account(f"{name}@example.test", PASSWORD)
    d.postern("domain", "add", "catch.test")
    d.postern("domain", "add", "bücher.test")
    d.postern("domain", "add", "case.test", "case-sensitive=yes",
              "separator=-")
    d.postern("address", "add", "@catch.test", "owner@example.test")
    d.postern("address", "add", "Info@case.test", "alice@example.test")
    d.postern("address", "add", "jürgen@bücher.test", "bob@example.test")
    d.postern("alias", "add", "team@example.test", "alice@example.test",
              "bob@example.test")
    d.postern("account", "set", "full@example.test", "quota-messages=1")
    d.postern("account", "set", "off@example.test", "disabled=yes")


MAP_ROWS = [
    ("domain", "example.test", "OK OK"),
    ("domain", "EXAMPLE.test", "OK OK"),
    ("domain", "bücher.test", "OK OK"),
    ("domain", "xn--bcher-kva.test", "OK OK"),
    ("domain", "elsewhere.test", "NOTFOUND "),
    ("domain", "not a domain", "NOTFOUND "),
    ("mailbox", "alice@example.test", "OK OK"),
    ("mailbox", "ALICE+tag@example.test", "OK OK"),
    ("mailbox", "team@example.test", "OK OK"),
    ("mailbox", "anything@catch.test", "OK OK"),
    ("mailbox", "nobody@example.test", "NOTFOUND "),
    ("mailbox", "Info@case.test", "OK OK"),
    ("mailbox", "Info-tag@case.test", "OK OK"),
    ("mailbox", "info@case.test", "NOTFOUND "),
    ("mailbox", "jürgen@xn--bcher-kva.test", "OK OK"),
    ("mailbox", "<>", "NOTFOUND "),
    ("mailbox", "*", "NOTFOUND "),
    ("alias", "team@example.test", "OK team@example.test"),
    ("alias", "Alice@example.test", "OK Alice@example.test"),
    ("alias", "x@catch.test", "OK x@catch.test"),
    ("alias", "example.test", "NOTFOUND "),
    ("alias", "nobody@example.test", "NOTFOUND "),
    ("login", "alice@example.test", "OK alice@example.test"),
    ("login", "alice+x@example.test", "OK alice@example.test"),
    ("login", "team@example.test",
     {"OK alice@example.test,bob@example.test",
      "OK bob@example.test,alice@example.test"}),
    ("login", "any@catch.test", "OK owner@example.test"),
    ("login", "off@example.test", "NOTFOUND "),
    ("login", "someone@elsewhere.test", "NOTFOUND "),
    ("login", "<>", "NOTFOUND "),
    ("mailbox", "x!y@z", "NOTFOUND "),
    ("access", "alice@example.test", "OK DUNNO"),
    ("access", "team@example.test", "OK DUNNO"),
    ("access", "nobody@example.test",
     "OK 550 5.1.1 there is no such mailbox here"),
    ("access", "full@example.test", "OK 452 4.2.2 the mailbox is full"),
    ("access", "off@example.test", "OK 550 5.2.1 the mailbox is disabled"),
    ("access", "someone@elsewhere.test", "OK DUNNO"),
    ("access", "x!y@z", "OK DUNNO"),
    ("nonsense", "alice@example.test", "PERM there is no such map"),
]


def test_maps(d):
    with Map(d) as m:
        for name, key, want in MAP_ROWS:
            got = m.ask(name, key)
            t.ok(got in want if isinstance(want, set) else got == want,
                 f"map {name}: {key}", f"got {got!r} want {want!r}")
        m.send(b"".join(b"%d:mailbox u%d@example.test,"
                        % (len(f"mailbox u{i}@example.test"), i)
                        for i in range(1000)))
        t.equal({m.reply() for _ in range(1000)}, {"NOTFOUND "},
                "a thousand requests in one write are answered")


def test_full(d):
    with Lmtp(d.path("run", "lmtp")) as c:
        c.message("", ["full@example.test"], b"Subject: x\r\n\r\nx\r\n")


def test_maps_hostile(d):
    for data in (b"x", b":,", b"01:x,", b"5:ab", b"-1:x,", b"3:abcd",
                 b"99999999:mailbox", b"\x00\xff", b"9" * 100000,
                 b"20000:" + b"x" * 20000 + b","):
        with Map(d) as m:
            m.send(data)
            m.sock.shutdown(1)
            t.ok(m.is_closed(), f"{data[:20]!r} ends the connection")
    with Map(d) as m:
        key = "a" * 5000 + "@example.test"
        t.equal(m.ask("mailbox", key), "NOTFOUND ",
                "a very long address is not found")
        t.equal(m.ask("mailbox", "a\x01b@example.test"), "NOTFOUND ",
                "an address with control characters is not found")


def test_auth(d):
    with Auth(d) as c:
        t.equal(c.greeting[0], "VERSION\t1\t2",
                "the auth greeting has a version")
        t.ok("MECH\tPLAIN\tplaintext" in c.greeting
             and "MECH\tLOGIN\tplaintext" in c.greeting,
             "the auth greeting names PLAIN and LOGIN")
        t.ok(any(re.fullmatch(r"COOKIE\t[0-9a-f]{32}", g)
                 for g in c.greeting), "the auth greeting has a cookie")
        ok = "OK\t%d\tuser=alice@example.test"
        t.equal(c.plain("alice@example.test", PASSWORD), ok % c.id, "PLAIN")
        t.equal(c.plain("Alice+x@EXAMPLE.test", PASSWORD), ok % c.id,
                "another spelling of the address gives the same "
                "login name")
        t.equal(c.begin("PLAIN"), f"CONT\t{c.id}\t",
                "PLAIN without a response gets a challenge")
        t.equal(c.go_on(f"\0alice@example.test\0{PASSWORD}"), ok % c.id,
                "PLAIN goes on after the challenge")
        t.equal(c.begin("LOGIN"), f"CONT\t{c.id}\t" + b64("Username:"),
                "LOGIN asks for the user name")
        t.equal(c.go_on("alice@example.test"),
                f"CONT\t{c.id}\t" + b64("Password:"),
                "LOGIN asks for the password")
        t.equal(c.go_on(PASSWORD), ok % c.id, "LOGIN succeeds")
        rows = [("alice@example.test", "wrong"), ("nobody@x.test", PASSWORD),
                ("off@example.test", PASSWORD),
                ("team@example.test", PASSWORD), ("x", PASSWORD)]
        for user, password in rows:
            t.match(c.plain(user, password), f"^FAIL\t{c.id}$",
                    f"{user} with {password!r} fails without a reason")
        t.equal(c.plain("x@catch.test", PASSWORD),
                f"FAIL\t{c.id}", "a catch-all address cannot log in")
        t.match(c.begin("PLAIN", f"bob\0alice@example.test\0{PASSWORD}"),
                f"^FAIL\t{c.id}\treason=", "a user cannot act for another")
        t.match(c.begin("CRAM-MD5"), f"^FAIL\t{c.id}\treason=",
                "an unknown mechanism fails")
        t.match(c.begin("PLAIN", ""), f"^FAIL\t{c.id}",
                "an empty response fails")
        t.equal(c.plain("alice@example.test", PASSWORD), ok % c.id,
                "the connection still works after all failures")


def test_auth_many(d):
    with Auth(d) as c:
        for i in range(1, 21):
            response = b64(f"\0alice@example.test\0wrong{i}")
            c.send(f"AUTH\t{i}\tPLAIN\tservice=smtp\tresp={response}\n")
        got = {c.answer().split("\t")[1] for _ in range(20)}
        t.equal(got, {str(i) for i in range(1, 21)},
                "twenty logins at a time are all answered")
        c.send("AUTH\t77\tLOGIN\tservice=smtp\n")
        c.answer()
        c.send("CANCEL\t77\n")
        c.id = 77
        t.equal(c.plain("alice@example.test", PASSWORD),
                "OK\t78\tuser=alice@example.test",
                "a cancelled exchange is forgotten")
    with Auth(d) as c:
        # The client leaves before the answer: nothing may break.
        c.send(f"AUTH\t1\tPLAIN\tservice=smtp\tresp="
               f"{b64(chr(0) + 'alice@example.test' + chr(0) + 'z')}\n")


def test_auth_hostile(d):
    rows = [b"VERSION\t2\t0\n", b"AUTH\n", b"AUTH\tx\tPLAIN\n",
            b"AUTH\t99999999999\tPLAIN\n", b"CONT\t5\tAAAA\n",
            b"AUTH\t1\tLOGIN\nAUTH\t1\tLOGIN\n", b"\x00\x00\x00\n",
            b"x" * 100000 + b"\n"]
    for data in rows:
        with Auth(d) as c:
            c.send(data)
            t.ok(c.is_closed(), f"{data[:30]!r} ends the connection")
    with Auth(d) as c:
        c.send("UNKNOWN\tx\ty\nAUTH\t1\tPLAIN\tresp=!!!\n")
        t.match(c.answer(), "^FAIL\t1", "a response that is not base64 fails")
        c.id = 1
        t.match(c.plain("alice@example.test", PASSWORD), "^OK",
                "unknown lines are ignored")
    with Auth(d) as c:
        c.send(b"".join(b"AUTH\t%d\tLOGIN\tservice=smtp\n" % i
                        for i in range(1, 100)))
        t.ok(c.is_closed(),
             "too many exchanges at a time close the connection")


def test_auth_later():
    """The only thread is busy, and at most one login waits for it."""
    with Imapd(extra="auth-threads = 1\nauth-queue-max = 1\n") as d:
        d.account("alice@example.test", PASSWORD)
        slow = "slow@example.test"
        d.postern("import", data=(lib.SLOW_ACCOUNT % (slow, slow)).encode())
        right = f"\0alice@example.test\0{PASSWORD}"
        with contextlib.ExitStack() as stack:
            busy = stack.enter_context(Auth(d))
            busy.send("AUTH\t1\tPLAIN\tservice=smtp\tresp=%s\n"
                      % b64(f"\0{slow}\0x"))
            waiting = [stack.enter_context(Auth(d)) for _ in range(4)]
            for c in waiting:
                c.send("AUTH\t1\tPLAIN\tservice=smtp\tresp=%s\n"
                       % b64(right))
            imaps = [stack.enter_context(Imap(d.imap_port))
                     for _ in range(2)]
            tags = [c.start(f'LOGIN alice@example.test "{PASSWORD}"')
                    for c in imaps]
            t.equal([c.file.read() for c in waiting], [b""] * 4,
                    "a login for which there is no time gets no answer: "
                    "the connection is closed")
            for c, tag in zip(imaps, tags):
                a = c.finish(tag)
                t.ok(a.status == "NO" and a.text.startswith("[UNAVAILABLE]"),
                     "IMAP says NO [UNAVAILABLE]", repr(a))
            log = d.process.log()
            t.ok(b"auth-queue-max" in log and b"auth-threads" in log,
                 "the log names both settings")
        # Stopping would wait for the thread.
        d.kill()


with Imapd() as daemon:
    accounts(daemon)
    test_full(daemon)
    for test in (test_maps, test_maps_hostile, test_auth, test_auth_many,
                 test_auth_hostile):
        test(daemon)
test_auth_later()
t.done()
