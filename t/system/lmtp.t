#!/usr/bin/env python3
"""LMTP as MTAs speak it, and as no client should, with a real postern-imapd.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lmtp                                        # noqa: E402

t = lib.Tap()
SEAL = os.path.join(lib.TOP_BUILD, "t", "system", "seal_origin")
PASSWORD = "secret-a"
SIZE_MAX = 5 << 20
PLAIN = b"From: b@far.test\r\nSubject: one\r\n\r\nhello\r\n"


def lmtp(d, **kw):
    return Lmtp(("127.0.0.1", d.lmtp_port), **kw)


def texts(d, login, mailbox="INBOX", password=PASSWORD):
    """Returns all messages of a mailbox as bytes."""
    with Imap(d.imap_port) as c:
        c.login(login, password)
        c.ok(f'EXAMINE "{mailbox}"')
        return [u.literals[0] for u in c.ok(
            "UID FETCH 1:* BODY.PEEK[]").untagged if u.literals]


def seal(d, *args):
    """Returns the header lines of a sealed origin."""
    out = subprocess.run([SEAL, d.path("origin.key"), "192.0.2.7"]
                         + [str(a) for a in args], check=True,
                         stdout=subprocess.PIPE).stdout
    return out.replace(b"\n", b"\r\n")


def accounts(d):
    for name in ("alice", "bob", "carol", "full", "off"):
        d.account(f"{name}@example.test", PASSWORD)
    d.postern("address", "add", "info@example.test", "alice@example.test")
    d.postern("address", "add", "list@example.test", "alice@example.test",
              "Lists/x")
    d.postern("alias", "add", "all@example.test", "alice@example.test",
              "bob@example.test")
    d.postern("alias", "add", "some@example.test", "bob@example.test",
              "full@example.test")
    d.postern("account", "set", "full@example.test", "quota-messages=1")
    d.postern("account", "set", "off@example.test", "disabled=yes")


def test_dialogue(d):
    with lmtp(d, hello=False) as c:
        t.equal(c.greeting.code, 220, "LMTP sends a greeting")
        t.equal(c.say("MAIL FROM:<x@y.test>").code, 503,
                "MAIL before LHLO is refused")
        t.equal(c.say("EHLO x").code, 500, "EHLO is refused in LMTP")
        r = c.say("LHLO mx.far.test")
        words = {w.split()[0] for w in r.text[1:]}
        t.equal(words, {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8",
                        "ENHANCEDSTATUSCODES", "CHUNKING", "DSN",
                        "XFORWARD"}, "LHLO announces the extensions")
        t.ok("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" in r.text,
             "XFORWARD announces its attributes")
        t.equal(c.say("DATA").code, 503, "DATA before MAIL is refused")
        t.equal(c.say("RCPT TO:<alice@example.test>").code, 503,
                "RCPT before MAIL is refused")
        t.equal(c.say("MAIL FROM:<a@b.test> SIZE=999999999999").text[0][:5],
                "5.3.4", "a SIZE over the limit is refused at MAIL")
        t.equal(c.say("MAIL FROM:<a@b.test>").code, 250, "MAIL is accepted")
        t.equal(c.say("MAIL FROM:<a@b.test>").code, 503,
                "a second MAIL is refused")
        t.equal(c.say("XFORWARD ADDR=192.0.2.1").code, 503,
                "XFORWARD within a transaction is refused")
        t.equal(c.say("DATA").code, 503, "DATA without recipients is refused")
        t.equal(c.say("RSET").code, 250, "RSET ends the transaction")
        t.equal(c.say("DATA").code, 503, "DATA after RSET is refused")
        t.equal(c.say("STARTTLS").code, 502, "STARTTLS is refused")
        t.equal(c.say("NOOP x").code, 250, "NOOP")
        t.equal(c.say("VRFY alice").code, 252, "VRFY discloses nothing")
        t.equal(c.say("QUIT").code, 221, "QUIT")
        t.ok(c.is_closed(), "the connection is closed after QUIT")


def test_recipients(d):
    rows = [("alice@example.test", 250, "2.1.5"),
            ("ALICE+tag@EXAMPLE.test", 250, "2.1.5"),
            ("nobody@example.test", 550, "5.1.1"),
            ("alice@elsewhere.test", 550, "5.1.1"),
            ("off@example.test", 550, "5.2.1"),
            ("all@example.test", 250, "2.1.5"),
            ("a b@example.test", 501, "5.1.3")]
    with lmtp(d) as c:
        c.say("MAIL FROM:<>")
        for address, code, enhanced in rows:
            r = c.say(f"RCPT TO:<{address}>")
            t.equal((r.code, r.text[0][:5]), (code, enhanced),
                    f"RCPT TO {address} gets {code} {enhanced}")


def test_delivery(d):
    with lmtp(d) as c:
        c.say("XFORWARD NAME=client.far.test ADDR=192.0.2.9 PORT=4711")
        t.equal(c.say("XFORWARD HELO=helo.far.test IDENT=4Zq0000001 "
                      "SOURCE=REMOTE PROTO=ESMTP").code, 250,
                "XFORWARD is accepted twice")
        rcpts = ["alice@example.test", "Info@example.test",
                 "bob@example.test"]
        got = c.message("b@far.test", rcpts, PLAIN,
                        " BODY=8BITMIME RET=HDRS ENVID=x1")
        t.equal([r.code for r in got], [250] * 3,
                "one reply comes for each recipient")
        t.match(got[1].text[0], r"^2\.0\.0 <Info@example\.test> saved",
                "the reply names the recipient")
    alice, bob = texts(d, "alice@example.test"), texts(d, "bob@example.test")
    t.equal(len(alice), 1, "two recipients in one account get one message")
    t.match(alice[0], r"^Return-Path: <b@far\.test>\r\n"
            r"Delivered-To: alice@example\.test\r\n"
            r"Delivered-To: Info@example\.test\r\n"
            r"Received: from client\.test \(\[127\.0\.0\.1\]\)\r\n\tby "
            r"mx\.example\.test with LMTP id \w+\.1;\r\n\t\w+, [^\r\n]+\r\n"
            r"From: b@far\.test\r\nSubject: one\r\n\r\nhello\r\n$",
            "the trace fields are added at the top, the text is unchanged")
    t.equal(len(bob), 1, "the other account has its copy")
    t.ok(b"alice" not in bob[0] and b"Info" not in bob[0],
         "it does not show recipients of other accounts")


def test_mailboxes(d):
    with lmtp(d) as c:
        t.equal(c.message("b@far.test", ["list@example.test"],
                          PLAIN)[0].code, 250, "an address names a mailbox")
        got = c.message("", ["all@example.test", "alice@example.test"],
                        PLAIN.replace(b"one", b"two"))
        t.equal([r.code for r in got], [250, 250],
                "mail from the null sender to an alias and a member is "
                "accepted")
    t.equal(len(texts(d, "alice@example.test", "Lists/x")), 1,
            "the mailbox is created and has the message")
    alice = texts(d, "alice@example.test")
    t.equal(len(alice), 2, "a member who is also named gets one copy")
    t.ok(alice[1].startswith(
        b"Return-Path: <>\r\nDelivered-To: all@example.test\r\n"
        b"Delivered-To: alice@example.test\r\n"),
        "the copy shows both addresses")
    t.equal(len(texts(d, "bob@example.test")), 2, "the other member gets it")


def test_quota(d):
    with lmtp(d) as c:
        t.equal(c.message("b@far.test", ["full@example.test"],
                          PLAIN)[0].code, 250,
                          "a message within the quota is accepted")
        r = c.begin("b@far.test", ["full@example.test"])[1]
        t.equal((r.code, r.text[0][:5]), (452, "4.2.2"),
                "with the quota used up RCPT is deferred")
        c.say("RSET")
        # An alias passes RCPT, because bob has room.
        got = c.message("b@far.test", ["some@example.test"],
                        seal(d) + PLAIN)
        t.equal((got[0].code, got[0].text[0][:5]), (452, "4.2.2"),
                "mail to an alias with a full member is deferred")
        before = len(texts(d, "bob@example.test"))
    d.postern("account", "set", "full@example.test", "quota-messages=none")
    with lmtp(d) as c:
        got = c.message("b@far.test", ["full@example.test"], PLAIN)
        t.equal(got[0].code, 250, "with a larger quota mail is accepted again")
    t.equal(before, 3, "the member with room gets it")


def test_origin(d):
    header = seal(d)
    with lmtp(d) as c:
        for i in range(2):
            got = c.message("b@far.test", ["carol@example.test"],
                            header + PLAIN)
            t.equal(got[0].code, 250,
                    ["a sealed message is delivered",
                     "its repetition is answered 250 too"][i])
    got = texts(d, "carol@example.test")
    t.equal(len(got), 1, "a repeated message is stored once")
    t.ok(b"Postern-Origin" not in got[0], "the stored message has no seal")
    rows = [
        ("several lines", seal(d, 0, 400) + PLAIN),
        ("lines among others, in capitals",
         b"From: x@y.test\r\n" + seal(d, 0, 400).replace(
             b"Postern-Origin:", b"POSTERN-ORIGIN :") + b"A: b\r\n\r\nx\r\n"),
        ("folded and forged", b"Postern-Origin: v1\r\n AAAA\r\n\tBBBB\r\n"
         b"Postern-Origin:" + b"x" * 5000 + b"\r\n" + PLAIN),
        ("too old", seal(d, 40 * 86400) + PLAIN),
        ("of another key", seal_with_other_key(d) + PLAIN),
    ]
    with lmtp(d) as c:
        for n, (title, text) in enumerate(rows, 2):
            r = c.message("b@far.test", ["carol@example.test"], text)
            got = texts(d, "carol@example.test")
            t.ok(r[0].code == 250 and len(got) == n
                 and b"origin" not in got[-1].lower(),
                 f"an origin {title} is stripped, the message delivered",
                 f"{r} {got[-1:]}")
    inside = (b"Subject: inside\r\nContent-Type: message/rfc822\r\n\r\n"
              b"Postern-Origin: v1 xx\r\n\r\nbody\r\n")
    with lmtp(d) as c:
        c.message("b@far.test", ["carol@example.test"], inside)
    t.ok(b"Postern-Origin: v1 xx" in texts(d, "carol@example.test")[-1],
         "an origin below the top header is left alone")


def seal_with_other_key(d):
    return subprocess.run(
        [SEAL, d.path("other.key"), "192.0.2.7"], check=True,
        stdout=subprocess.PIPE).stdout.replace(b"\n", b"\r\n")


def test_loops(d):
    with lmtp(d) as c:
        text = b"Received: x\r\n" * 101 + PLAIN
        r = c.message("b@far.test", ["bob@example.test"], text)[0]
        t.equal((r.code, r.text[0][:5]), (554, "5.4.6"),
                "too many Received fields are a loop")
        text = b"Delivered-To: BOB@example.test\r\n" + PLAIN
        r = c.message("b@far.test", ["bob@example.test",
                                     "carol@example.test"], text)
        t.equal([x.code for x in r], [554, 250],
                "an address in Delivered-To is a loop for that address")
        r = c.message("b@far.test", ["bob@example.test"],
                      b"Received: x\r\n" * 100 + PLAIN)[0]
        t.equal(r.code, 250,
                "the allowed number of Received fields is accepted")


def test_sizes(d):
    with lmtp(d) as c:
        big = b"Subject: big\r\n\r\n" + b"0123456789abcde\r\n" * 200000
        t.equal(c.message("b@far.test", ["bob@example.test"], big)[0].code,
                250, "a message of 3 MB is accepted by way of a file")
        stored = texts(d, "bob@example.test")[-1]
        t.ok(stored.endswith(big), "it is stored unchanged")
        huge = b"Subject: huge\r\n\r\n" + b"0123456789abcde\r\n" * 400000
        r = c.message("b@far.test", ["bob@example.test",
                                     "alice@example.test"], huge)
        t.equal([(x.code, x.text[0][:5]) for x in r],
                [(552, "5.3.4")] * 2, "a message over the limit is refused")
        t.equal(c.say("NOOP").code, 250, "the connection can still be used")
        line = b"0123456789abcd\r\n"
        most = line * (SIZE_MAX // len(line))
        r = c.message("b@far.test", ["bob@example.test"], most)
        t.equal((len(most), r[0].code), (SIZE_MAX, 250),
                "a message of exactly the announced size is accepted")
        for text, title in ((b"", "empty"), (b"\r\n", "without header"),
                            (b"x", "of one byte"),
                            (b".\r\n..\r\n...x\r\n", "of dots")):
            r = c.message("b@far.test", ["carol@example.test"], text)
            got = texts(d, "carol@example.test")[-1]
            want = text if not text or text.endswith(b"\r\n") \
                else text + b"\r\n"
            t.ok(r[0].code == 250 and got.endswith(b"+0000\r\n" + want),
                 f"a message {title} is delivered unchanged", got)


def test_bdat(d):
    def bdat(c, data, last=False):
        c.send(b"BDAT %d%s\r\n" % (len(data), b" LAST" if last else b"")
               + data)

    with lmtp(d) as c:
        c.begin("b@far.test", ["bob@example.test", "carol@example.test"])
        bdat(c, b"Subject: chunks\r\n\r\n.\r\n")
        t.equal(c.reply().code, 250, "a BDAT chunk is accepted")
        t.equal(c.say("RCPT TO:<alice@example.test>").code, 503,
                "RCPT between chunks is refused")
        t.equal(c.say("DATA").code, 503, "DATA between chunks is refused")
        bdat(c, b"", True)
        t.equal([c.reply().code, c.reply().code], [250, 250],
                "an empty last chunk gets a reply for each recipient")
        t.ok(texts(d, "bob@example.test")[-1].endswith(
            b"Subject: chunks\r\n\r\n.\r\n"),
            "dots in a chunk are not changed")
        bdat(c, b"NOOP\r\n" * 10, True)
        t.equal(c.reply().code, 503, "a chunk without recipients is read "
                "and refused")
        t.equal(c.say("NOOP").code, 250,
                "no part of the chunk was taken for a command")
        c.say("MAIL FROM:<b@far.test>")
        bdat(c, b"x\r\n", True)
        t.equal(c.reply().code, 503,
                "a chunk between MAIL and RCPT is refused")
        t.equal(c.say("RCPT TO:<bob@example.test>").code, 250,
                "the transaction stays open after it")
        bdat(c, PLAIN, True)
        t.equal(c.reply().code, 250,
                "a message in this transaction is delivered")


def test_pipelining(d):
    with lmtp(d) as c:
        c.send(b"MAIL FROM:<b@far.test>\r\nRCPT TO:<bob@example.test>\r\n"
               b"RCPT TO:<nobody@example.test>\r\nDATA\r\n")
        t.equal([c.reply().code for _ in range(4)], [250, 250, 550, 354],
                "a pipelined envelope is accepted")
        c.send(b"Subject: p\r\n\r\nx\r\n.\r\nMAIL FROM:<>\r\nQUIT\r\n")
        t.equal([c.reply().code for _ in range(3)], [250, 250, 221],
                "the end of data may be pipelined with what follows")
    with lmtp(d) as c:
        envelope = (b"MAIL FROM:<b@far.test>\r\n"
                    b"RCPT TO:<bob@example.test>\r\nDATA\r\n")
        c.send(b"".join(
            envelope + b"Subject: n%d\r\n\r\nx\r\n.\r\n" % i
            for i in range(50)))
        codes = [c.reply().code for _ in range(200)]
        t.equal(codes, [250, 250, 354, 250] * 50,
                "fifty messages in one write are accepted")
    with lmtp(d) as c:
        c.sock.setsockopt(6, 1, 1)          # TCP_NODELAY
        for b in (b"MAIL FROM:<b@far.test>\r\nRCPT TO:<bob@example.test>\r\n"
                  b"DATA\r\nSubject: slow\r\n\r\n..x\r\n.\r\n"):
            c.send(bytes([b]))
        t.equal([c.reply().code for _ in range(4)], [250, 250, 354, 250],
                "input byte by byte is accepted")
        t.ok(texts(d, "bob@example.test")[-1].endswith(
            b"Subject: slow\r\n\r\n.x\r\n"), "the added dot is removed")


def test_utf8(d):
    d.postern("domain", "add", "bücher.test")
    d.postern("address", "add", "jürgen@bücher.test", "carol@example.test")
    with lmtp(d) as c:
        got = c.message("é@far.test", ["jürgen@bücher.test"],
                        "Subject: grüße\r\n\r\nx\r\n".encode(),
                        " BODY=8BITMIME SMTPUTF8")
        t.equal(got[0].code, 250, "SMTPUTF8 addresses are delivered")
        t.equal(c.message("b@far.test", ["bob@xn--bcher-kva.test"],
                          PLAIN)[0].code, 550,
                "an unknown address of an IDNA domain is refused")
    got = texts(d, "carol@example.test")[-1].decode()
    t.match(got, "Delivered-To: jürgen@bücher.test\r\n.*with UTF8LMTP",
            "the trace fields say UTF8")


def test_hostile(d):
    rows = [(b"\x00\r\n", 500), (b"\xff\xfe\xfd\r\n", 500),
            (b"MAIL FROM:<a@b\x00c>\r\n", 500),
            (b"MAIL FROM:<" + b"a" * 3000 + b"@b.test>\r\n", 501),
            (b"MAIL FROM:<a@b.test>\n", 500),
            (b"BDAT -1\r\n", 501), (b"BDAT 99999999999999999999999\r\n", 501),
            (b"XFORWARD NAME=" + b"+0" * 400 + b"\r\n", 501),
            (b"LHLO \r\n", 501)]
    for data, code in rows:
        with lmtp(d) as c:
            c.send(data)
            t.equal(c.reply().code, code, f"{data[:30]!r} gets {code}")
            t.equal(c.say("NOOP").code, 250,
                    "the connection can still be used")
    with lmtp(d) as c:
        c.send(b"x" * 300000 + b"\r\n")
        t.equal(c.reply().code, 500, "an endless line gets 500")
        t.equal(c.say("NOOP").code, 250, "the connection can still be used")
    with lmtp(d) as c:
        for _ in range(19):
            c.say("BAD")
        t.equal(c.say("BAD").code, 500, "the 20th wrong command gets 421")
        t.equal(c.reply().code, 421, "the connection is closed after it")
    with lmtp(d) as c:
        c.begin("b@far.test", ["bob@example.test"])
        before = len(texts(d, "bob@example.test"))
        c.say("DATA")
        c.send(b"Subject: smuggled\r\n\r\nx\n.\nMAIL FROM:<evil@x.test>\r\n"
               b".\r\n")
        r = c.reply()
        t.equal((r.code, r.text[0][:5]), (554, "5.6.0"),
                "a message with a bare LF is refused")
        t.equal(len(texts(d, "bob@example.test")), before,
                "no part of it is stored")
    with lmtp(d) as c:
        c.begin("b@far.test", ["bob@example.test"])
        c.say("DATA")
        c.send(b"Subject: cut off\r\n\r\n")
    t.equal(len(texts(d, "bob@example.test")), before,
            "a connection that ends within DATA delivers nothing")
    with lmtp(d) as c:
        c.say("XFORWARD HELO=a+0D+0AX:+20y NAME=(;) IDENT=+00")
        r = c.message("b@far.test", ["bob@example.test"], PLAIN)
        t.equal(r[0].code, 250,
                "XFORWARD attributes with odd bytes do no harm")


def test_unix(d):
    with Lmtp(d.path("run", "lmtp")) as c:
        r = c.message("b@far.test", ["alice@example.test"], PLAIN)
        t.equal(r[0].code, 250, "LMTP works on the Unix socket")
    t.match(texts(d, "alice@example.test")[-1],
            r"Received: from client\.test \(unix\)", "the trace field says so")


def test_many(d):
    names = [f"m{i:03d}" for i in range(80)]
    lines = ["domain many.test", "account catcher",
             "address @many.test account=catcher"]
    lines += [f"account {n}" for n in names]
    lines += ["alias crowd@example.test member=" + n for n in names]
    d.postern("import", data="\n".join(lines).encode())
    d.postern("password", "set", "--stdin", "catcher",
              data=PASSWORD.encode() + b"\n")
    rcpts = [f"a-rather-long-localpart-number-{i}@many.test"
             for i in range(700)]
    with lmtp(d) as c:
        c.say("MAIL FROM:<b@far.test>")
        c.send("".join(f"RCPT TO:<{r}>\r\n" for r in rcpts))
        t.equal({c.reply().code for _ in rcpts}, {250},
                "seven hundred recipients are accepted in one transaction")
        got = c.data(PLAIN, len(rcpts))
        t.equal({r.code for r in got}, {250}, "each recipient gets its reply")
        t.match(got[-1].text[0], "number-699@many",
                "the replies are in the order of the recipients")
        stored = texts(d, "catcher")
        t.ok(len(stored) == 1 and
             stored[0].count(b"Delivered-To:") > 100,
             "their account has one copy, which names many of them")
        r = c.message("b@far.test", ["crowd@example.test"], PLAIN)
        t.equal(r[0].code, 250,
                "mail to an alias of eighty members is accepted")
    counts = [x.split()[2] for x in d.postern(
        "account", "list").splitlines() if x.startswith("m0")]
    t.equal(counts, ["1"] * 80, "all members get the message")
    with lmtp(d) as c:
        c.say("MAIL FROM:<b@far.test>")
        c.send("".join(f"RCPT TO:<{i}{r}>\r\n" for i in (1, 2)
                       for r in rcpts))
        codes = [c.reply().code for _ in range(1400)]
        t.equal((codes.count(250), codes.count(452)), (1000, 400),
                "recipients beyond recipients-max are deferred")


def states(d, cid):
    """Returns the states that a session went through, from the trace."""
    lines = [line for line in d.process.log().decode().splitlines()
             if f"cid={cid}" in line and "session state changes" in line]
    return [re.search(r" to=(\S+)", line)[1] for line in lines]


def test_states(d):
    with lmtp(d) as c:
        c.message("b@far.test", ["alice@example.test"], PLAIN)
        c.begin("b@far.test", ["alice@example.test"])
        for last in (b"", b" LAST"):
            c.send(b"BDAT %d%s\r\n" % (len(PLAIN), last) + PLAIN)
            saved = c.reply()
        c.send(b"BDAT 1\r\nx")
        c.reply()
        cid = re.search(r"id=(\w+)\.2", "".join(saved.text))[1]
    t.equal(states(d, cid),
            ["ready", "mail", "data", "delivering", "ready",
             "mail", "chunk", "chunks", "last-chunk", "delivering", "ready",
             "refused-chunk", "ready"],
            "each change of a session's state is traced")


def test_restart(d):
    before = texts(d, "alice@example.test")
    with lmtp(d) as c:
        d.process.kill(15)
        t.equal(c.reply().code, 421, "at SIGTERM an idle client gets 421")
    t.equal(d.process.wait(), 0, "after SIGTERM the exit status is 0")
    d.start()
    t.equal(texts(d, "alice@example.test"), before,
            "after a restart all mail is there")


with Imapd(message_size_max=SIZE_MAX,
           extra="received-max = 100\norigin-key-file = origin.key\n"
                 "bad-commands-max = 20") as daemon:
    accounts(daemon)
    for test in (test_dialogue, test_recipients, test_delivery,
                 test_mailboxes, test_quota, test_origin, test_loops,
                 test_sizes, test_bdat, test_pipelining, test_utf8,
                 test_hostile, test_unix, test_many, test_restart):
        test(daemon)
with Imapd(extra="log-level = trace") as daemon:
    daemon.account("alice@example.test", PASSWORD)
    test_states(daemon)
with Imapd(extra="catch-all-address = you@example.test") as daemon:
    daemon.account("you@example.test", PASSWORD)
    with lmtp(daemon) as conn:
        conn.say("MAIL FROM:<>")
        for to in ("someone@elsewhere.test", "x@[192.0.2.1]", "a%b@c.test",
                   "x!y@b.test", "a b@c.test", "@@", "x@-.test"):
            t.equal(conn.say(f"RCPT TO:<{to}>").code, 250,
                    f"a site that accepts everything accepts {to}")
        t.equal(conn.say("RCPT TO:<a@b.test> NONSENSE=1").code, 555,
                "a site that accepts everything refuses unknown parameters")
        t.equal(conn.say("RCPT TO:x").code, 501,
                "a site that accepts everything refuses an address without "
                "brackets")
        t.equal({r.code for r in conn.data(PLAIN, 7)}, {250},
                "a site that accepts everything delivers the message")
    t.equal(len(texts(daemon, "you@example.test")), 1,
            "the account gets one copy")
t.done()
