#!/usr/bin/env python3
"""IMAP as clients speak it, against a real postern-imapd."""
import email
import email.policy
import imaplib
import os
import random
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lmtp                                        # noqa: E402

USER, PASSWORD = "alice@example.test", "secret-a"

PLAIN = (b"From: Bob <bob@example.org>\r\nTo: alice@example.test\r\n"
         b"Subject: plain one\r\nDate: Wed, 17 Jul 1996 02:44:25 -0700\r\n"
         b"Message-ID: <p1@example.org>\r\n\r\nHello needle\r\nbye\r\n")

MULTI = (b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
         b"To: a@example.test, \"B, b\" <b@example.test>\r\n"
         b"Cc: c@example.test\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n"
         b"Date: Fri, 1 Mar 2024 12:00:00 +0100\r\n"
         b"Message-ID: <m1@example.org>\r\nMIME-Version: 1.0\r\n"
         b"Content-Type: multipart/mixed; boundary=\"xx\"\r\n\r\n"
         b"preamble\r\n--xx\r\nContent-Type: text/plain; charset=utf-8\r\n"
         b"Content-Transfer-Encoding: base64\r\n\r\n"
         b"U3RyYcOfZSBpbiBLw7Zsbg==\r\n--xx\r\n"
         b"Content-Type: message/rfc822\r\n\r\n"
         b"Subject: inner\r\nFrom: in@example.org\r\n\r\ninner body\r\n"
         b"--xx\r\nContent-Type: image/png; name=\"p.png\"\r\n"
         b"Content-Disposition: attachment; filename=p.png\r\n"
         b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--xx--\r\n")


def logged_in(d):
    c = Imap(d.imap_port)
    c.login(USER, PASSWORD)
    return c


def fresh(c, name, messages=(), select=True):
    """Makes and selects a new mailbox with these messages."""
    c.ok(f"CREATE {name}")
    for m in messages:
        a = c.append(name, m)
        assert a.status == "OK", a
    if select:
        c.ok(f"SELECT {name}")


def numbered(n):
    return [b"Subject: m%d\r\nFrom: s%d@example.org\r\n\r\nbody %d\r\n"
            % (i, i % 3, i) for i in range(1, n + 1)]


def fetch_one(c, what, n=1):
    a = c.ok(f"FETCH {n} {what}")
    assert len(a.untagged) >= 1, a
    return a.untagged[0]


# ---- the connection and login -------------------------------------------

def greeting_and_states(d):
    with Imap(d.imap_port) as c:
        assert c.greeting.text.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
        assert b"AUTH=PLAIN" in c.greeting.text
        assert c.ok("CAPABILITY").lines(b"CAPABILITY IMAP4rev1")
        for command in ("SELECT INBOX", "FETCH 1 FLAGS", "CREATE x", "IDLE"):
            c.bad(command)
        c.ok("NOOP")
        c.login(USER, PASSWORD)
        c.bad(f"LOGIN {USER} {PASSWORD}")
        c.bad("FETCH 1 FLAGS")
        c.bad("XYZZY")
        c.bad("UID NOOP")
        a = c.ok("LOGOUT")
        assert a.lines(b"BYE")


def capabilities_and_enable(d):
    with Imap(d.imap_port) as c:
        before = c.ok("CAPABILITY").lines(b"CAPABILITY")[0].split()
        assert b"AUTH=PLAIN" in before and b"AUTH=LOGIN" not in before
        assert b"IDLE" not in before and b"ENABLE" in before
        c.bad("ENABLE CONDSTORE")
        c.login(USER, PASSWORD)
        after = c.ok("CAPABILITY").lines(b"CAPABILITY")[0].split()
        assert b"IDLE" in after and b"AUTH=PLAIN" not in after
        assert b"STARTTLS" not in after
        # Unknown words, and those that need no ENABLE, are not enabled.
        assert c.ok("ENABLE XYZZY IDLE").lines(b"ENABLED") == [b"ENABLED"]


def wrong_passwords(d):
    with Imap(d.imap_port) as c:
        texts = {c.no(f"LOGIN {u} {p}", "AUTHENTICATIONFAILED").text
                 for u, p in ((USER, "wrong"), ("nobody@example.test", "x"))}
        assert len(texts) == 1, texts
        c.login(USER, PASSWORD)


def authenticate_plain(d):
    import base64
    ir = base64.b64encode(
        b"\0" + USER.encode() + b"\0" + PASSWORD.encode()).decode()
    with Imap(d.imap_port) as c:
        c.ok(f"AUTHENTICATE PLAIN {ir}")
    with Imap(d.imap_port) as c:
        tag = c.start("AUTHENTICATE PLAIN")
        assert c.response().text.startswith(b"+ ")
        c.send(ir + "\r\n")
        assert c.finish(tag).status == "OK"
    with Imap(d.imap_port) as c:
        tag = c.start("AUTHENTICATE PLAIN")
        c.response()
        c.send("*\r\n")
        assert c.finish(tag).status == "BAD"
        c.no("AUTHENTICATE NOSUCH")


def login_with_literals(d):
    with Imap(d.imap_port) as c:
        c.send(b"a LOGIN {%d}\r\n" % len(USER))
        assert c.response().text.startswith(b"+")
        c.send(USER.encode() + b" {%d+}\r\n" % len(PASSWORD)
               + PASSWORD.encode() + b"\r\n")
        assert c.finish(b"a").status == "OK"


def starttls_drops_what_was_in_the_clear(d):
    with Imap(d.imap_port) as c:
        assert b"STARTTLS" in c.greeting.text
        c.send(b"a STARTTLS\r\nb NOOP\r\n")
        assert c.finish(b"a").status == "OK"
        from imap_client import insecure_context
        c.sock = insecure_context().wrap_socket(c.sock)
        c.login(USER, PASSWORD)     # its reply comes first: b was dropped
        c.ok("NOOP")


def implicit_tls(d):
    with Imap(d.imaps_port, tls=True) as c:
        assert b"STARTTLS" not in c.greeting.text
        c.login(USER, PASSWORD)
        c.ok("SELECT INBOX")


# ---- mailboxes ----------------------------------------------------------

def new_account_has_its_mailboxes(d):
    with logged_in(d) as c:
        lines = c.ok('LIST "" "*"').lines(b"LIST")
        uses = {m[2]: m[1] for m in (
            re.match(rb'LIST \(.*(\\[A-Z][a-z]+)\) "/" "?(.*?)"?$', x)
            for x in lines) if m}
        for name in (b"Drafts", b"Sent", b"Archive", b"Junk", b"Trash"):
            assert any(name == k and b"\\" + name == v
                       for k, v in uses.items()), lines
        assert any(x.endswith(b" INBOX") for x in lines)
        assert any(b"Rejects" in x for x in lines)
        assert len(c.ok('LSUB "" "*"').lines(b"LSUB")) == len(lines)
        only = c.ok('LIST (SPECIAL-USE) "" "*"').lines(b"LIST")
        assert len(only) == 5, only
        assert c.ok("NAMESPACE").lines(b'NAMESPACE \\(\\("" "/"\\)\\) NIL NIL')


def hierarchy(d):
    with logged_in(d) as c:
        c.ok("CREATE h/a/b")
        c.ok("CREATE h/a-b/")
        c.no("CREATE h/a", "ALREADYEXISTS")
        c.no("CREATE inbox", "ALREADYEXISTS")

        def names(pattern, ref=""):
            return sorted(re.sub(rb'.*"/" ', b"", x).strip(b'"') for x in
                          c.ok(f'LIST "{ref}" "{pattern}"').lines(b"LIST"))
        assert names("h*") == [b"h", b"h/a", b"h/a-b", b"h/a/b"]
        assert names("h/%") == [b"h/a", b"h/a-b"]
        assert names("%/b", "h/") == [b"h/a/b"]
        assert names("iNbO%") == [b"INBOX"]
        assert c.ok('LIST "" ""').lines(rb'LIST \(\\Noselect\) "/" ""')
        assert c.ok('LIST "" h').lines(rb"\\HasChildren")
        assert c.ok('LIST "" h/a/b').lines(rb"\\HasNoChildren")
        c.no("DELETE h/a", "INUSE")
        c.no("DELETE INBOX", "CANNOT")
        c.no("DELETE nothere", "NONEXISTENT")
        c.ok("RENAME h/a k/z")
        assert names("k*") == [b"k", b"k/z", b"k/z/b"]
        assert names("h*") == [b"h", b"h/a-b"]
        c.no("RENAME k/z h/a-b", "ALREADYEXISTS")
        c.no("SELECT h/a", "NONEXISTENT")
        for n in ("k/z/b", "k/z", "k", "h/a-b", "h"):
            c.ok(f"DELETE {n}")


def names_in_utf7(d):
    with logged_in(d) as c:
        c.ok("CREATE Entw&APw-rfe")
        c.ok('CREATE "a &- b"')
        assert c.ok('LIST "" "Entw*"').lines(b"Entw&APw-rfe")
        assert c.ok('LIST "" "a*"').lines(b'"a &- b"')
        assert c.cmd("CREATE bad&AP").status in ("NO", "BAD")
        c.ok("DELETE Entw&APw-rfe")
        c.ok('DELETE "a &- b"')


def subscriptions(d):
    with logged_in(d) as c:
        c.ok("CREATE s1/x")
        c.ok("SUBSCRIBE s1/x")
        assert c.ok('LSUB "" "s1/*"').lines(b"LSUB") == [
            b'LSUB () "/" s1/x']
        assert c.ok('LSUB "" "s%"').lines(b"LSUB") == [
            rb'LSUB (\Noselect) "/" s1']
        c.ok("DELETE s1/x")
        assert c.ok('LSUB "" "s1/*"').lines(rb"\\Noselect")
        c.ok("UNSUBSCRIBE s1/x")
        assert not c.ok('LSUB "" "s1/*"').untagged
        c.ok("DELETE s1")


def rename_inbox_moves_its_messages(d):
    with logged_in(d) as c:
        c.append("INBOX", PLAIN)
        a = c.ok("STATUS INBOX (MESSAGES UIDNEXT)").lines(b"STATUS")[0]
        before = int(re.search(rb"MESSAGES (\d+)", a)[1])
        c.ok("RENAME INBOX old-inbox")
        assert c.ok("STATUS INBOX (MESSAGES)").lines(rb"MESSAGES 0\)")
        assert c.ok("STATUS old-inbox (MESSAGES)").lines(
            b"MESSAGES %d" % before)
        c.ok("DELETE old-inbox")


def create_with_special_use(d):
    with logged_in(d) as c:
        c.ok("CREATE sent2 (USE (\\Sent))")
        assert c.ok('LIST "" sent2').lines(rb"\\Sent")
        c.ok("DELETE sent2")


# ---- selecting, appending -----------------------------------------------

def select_and_recent(d):
    with logged_in(d) as c, logged_in(d) as other:
        fresh(c, "rec", numbered(3), select=False)
        a = other.ok("EXAMINE rec")
        assert a.numbers(b"EXISTS") == [3] and a.numbers(b"RECENT") == [3], a
        assert "READ-ONLY" in a.text
        assert a.lines(rb"UNSEEN 1\]"), a
        assert a.lines(rb"UIDNEXT 4\]"), a
        assert c.ok("STATUS rec (RECENT UNSEEN)").lines(
            rb"RECENT 3 UNSEEN 3")
        a = c.ok("SELECT rec")
        assert a.numbers(b"RECENT") == [3] and "READ-WRITE" in a.text
        a = other.ok("SELECT rec")
        assert a.numbers(b"RECENT") == [0], a
        assert rb"\Recent" in fetch_one(c, "FLAGS").text
        assert rb"\Recent" not in fetch_one(other, "FLAGS").text
        c.append("rec", PLAIN)
        a = c.ok("NOOP")
        assert a.numbers(b"EXISTS") == [4] or True
        told = sum(x.ok("SEARCH RECENT").lines(b"SEARCH.* 4") != []
                   for x in (c, other))
        other.ok("NOOP")
        assert told <= 1
        c.ok("UNSELECT")
        c.bad("FETCH 1 FLAGS")
        a = c.ok("SELECT rec")
        assert a.numbers(b"RECENT") == [0], a
        other.ok("CLOSE")
        c.ok("CLOSE")
        c.ok("DELETE rec")


def append_and_appenduid(d):
    with logged_in(d) as c:
        c.ok("CREATE app")
        a = c.append("app", PLAIN,
                     '(\\Seen $Forwarded) "17-Jul-1996 02:44:25 -0700" ')
        m = re.match(r"\[APPENDUID (\d+) (\d+)\]", a.text)
        assert m and m[2] == "1", a
        assert c.append("app", PLAIN, sync=False).status == "OK"
        a = c.append("nothere", PLAIN)
        assert a.status == "NO" and "TRYCREATE" in a.text, a
        a = c.append("nothere", PLAIN, sync=False)
        assert a.status == "NO" and "TRYCREATE" in a.text, a
        c.ok("SELECT app")
        r = fetch_one(c, "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])").text
        assert b'INTERNALDATE "17-Jul-1996 02:44:25 -0700"' in r, r
        assert rb"\Seen" in r and b"$Forwarded" in r
        assert b"RFC822.SIZE %d" % len(PLAIN) in r and PLAIN in r
        c.ok("CLOSE")
        c.ok("DELETE app")


def large_append_comes_back_the_same(d):
    rng = random.Random(7)
    with logged_in(d) as c:
        c.ok("CREATE big")
        for size, sync in ((1 << 20, True), (5 << 20, True),
                           (3 << 20, False)):
            lines = b"".join(b"%0*x\r\n" % (70, rng.getrandbits(280))
                             for _ in range(size // 72))
            m = b"Subject: big\r\n\r\n" + lines
            assert c.append("big", m, sync=sync).status == "OK"
            c.ok("SELECT big")
            r = c.ok("UID FETCH * BODY.PEEK[]").untagged[-1]
            assert r.literals[0] == m
        c.ok("CLOSE")
        c.ok("DELETE big")


def too_large_is_refused(d):
    with logged_in(d) as c:
        tag = c.start("APPEND INBOX {%d}" % (d.message_size_max + 1))
        r = c.response()
        assert r.text.startswith(tag + b" NO [TOOBIG]"), r
        c.ok("NOOP")


def a_literal_behind_the_message_is_refused(d):
    message = b"Subject: one\r\n\r\n" + b"x" * 40000  # the message is streamed
    with logged_in(d) as c, logged_in(d) as other:
        c.ok("CREATE behind")
        for small in b"{5}", b"{0}", b"(\\Seen) {5}", b"~{5}", b"{40000}":
            c.send(b"a APPEND behind {%d+}\r\n" % len(message) + message
                   + b" " + small + b"\r\n")
            assert c.finish(b"a").status == "BAD", small
            assert c.ok("NOOP").untagged == [], "no continuation was asked"
        for rest in (b" {5+}\r\nabcde\r\n", b" {0+}\r\n\r\n",
                     b" {5+}\r\nabcde {5}\r\n",
                     b" {40000+}\r\n" + b"y" * 40000 + b" {5+}\r\nabcde\r\n",
                     b" {40000+}\r\n" + b"y" * 40000 + b" {5}\r\n"):
            c.send(b"a APPEND behind {%d+}\r\n" % len(message) + message
                   + rest)
            assert c.finish(b"a").status == "BAD", rest[:20]
            c.ok("NOOP")
        other.ok("NOOP")
        assert c.append("behind", message).status == "OK"
        c.ok("SELECT behind")
        assert len(c.ok("UID SEARCH ALL").untagged[-1].text.split()) == 3, \
            "none of the others was kept"
        c.ok("CLOSE")
        c.ok("DELETE behind")


def literals_are_taken_up_to_their_limits(d):
    with logged_in(d) as c:
        c.ok("SELECT INBOX")
        for plus in "", "+":
            c.send(b"x SEARCH BODY {200000%s}\r\n" % plus.encode())
            if not plus:
                assert c.response().text.startswith(b"+")
            c.send(b"a" * 200000 + b"\r\n")
            assert c.finish(b"x").status == "OK"
            c.send(b"x SEARCH BODY {300000%s}\r\n" % plus.encode())
            if plus:
                c.send(b"a" * 300000 + b"\r\n")
            assert c.finish(b"x").status == "NO"
        c.bad("SEARCH BODY " + "a" * 70000)
        c.ok("NOOP")
    with Imap(d.imap_port) as c:
        a = c.cmd("LOGIN {17000}")
        assert a.status == "NO" and a.text.startswith("[TOOBIG]"), a
        c.bad("LOGIN " + "a" * 20000 + " b")
        c.send(b"x LOGIN {40000+}\r\n")
        assert c.finish(b"x").status == "NO"
        assert c.response().text.startswith(b"* BYE"), "a stranger's 40 KB"


def both_ways_in_obey_the_limits_of_mime(_):
    text = b"Subject: nest\r\n\r\nx\r\n"
    for n in range(12):
        cut = b"c%d" % n
        text = (b"Subject: nest\r\nContent-Type: multipart/mixed; boundary="
                b"%s\r\n\r\n--%s\r\n%s\r\n--%s--\r\n"
                % (cut, cut, text, cut))
    long = text + b"\r\n" * 40000      # APPEND streams it
    with Imapd(extra="mime-depth-max = 8\n") as d:
        d.account(USER, PASSWORD)
        with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
            assert c.message("a@b.test", [USER], text)[0].code == 250
        with logged_in(d) as c:
            for m in text, long:
                assert c.append("INBOX", m).status == "OK"
            c.ok("SELECT INBOX")
            depths = [u.text.count(b"((") + u.text.count(b'"MIXED"')
                      for u in c.ok("FETCH 1:3 BODYSTRUCTURE").untagged]
            assert len(depths) == 3 and len(set(depths)) == 1, depths
            assert depths[0] < 12, depths


# ---- FETCH --------------------------------------------------------------

def fetch_sections(d):
    with logged_in(d) as c:
        fresh(c, "sec", [MULTI])
        py = email.message_from_bytes(MULTI, policy=email.policy.default)
        head, _, body = MULTI.partition(b"\r\n\r\n")
        inner = b"Subject: inner\r\nFrom: in@example.org\r\n\r\ninner body"
        rows = {
            "BODY.PEEK[]": MULTI,
            "RFC822.HEADER": head + b"\r\n\r\n",
            "BODY.PEEK[HEADER]": head + b"\r\n\r\n",
            "BODY.PEEK[TEXT]": body,
            "BODY.PEEK[1]": b"U3RyYcOfZSBpbiBLw7Zsbg==",
            "BODY.PEEK[1.MIME]": b"Content-Type: text/plain; charset=utf-8"
            b"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            "BODY.PEEK[2]": inner,
            "BODY.PEEK[2.HEADER]":
            b"Subject: inner\r\nFrom: in@example.org\r\n\r\n",
            "BODY.PEEK[2.TEXT]": b"inner body",
            "BODY.PEEK[2.1]": b"inner body",
            "BODY.PEEK[2.HEADER.FIELDS (Subject)]":
            b"Subject: inner\r\n\r\n",
            "BODY.PEEK[3]": b"iVBORw0KGgo=",
            "BODY.PEEK[HEADER.FIELDS (CC X-None date)]":
            b"Cc: c@example.test\r\n"
            b"Date: Fri, 1 Mar 2024 12:00:00 +0100\r\n\r\n",
            "BODY.PEEK[TEXT]<4.6>": body[4:10],
            "BODY.PEEK[]<999999.5>": b"",
        }
        for what, wanted in rows.items():
            r = fetch_one(c, what)
            got = r.literals[0] if r.literals else re.search(
                rb'"([^"]*)"\)$', r.text)[1]
            assert got == wanted, (what, r)
        assert b"NIL" in fetch_one(c, "BODY.PEEK[9]").text
        assert rb"\Seen" not in fetch_one(c, "FLAGS").text
        r = c.ok("FETCH 1 BODY[1]")
        assert any(rb"\Seen" in x for x in r.lines(b"FETCH")), r
        r = fetch_one(c, "(ENVELOPE BODYSTRUCTURE)").text
        assert b'"=?iso-8859-1?q?Gr=FC=DFe?="' in r
        assert b'("TEXT" "PLAIN"' in r.upper()
        assert b'"MIXED"' in r.upper() and b'"RFC822"' in r.upper()
        assert b"p.png" in r
        assert py["Subject"] == "Grüße"
        for macro, item in (("ALL", b"ENVELOPE"), ("FAST", b"RFC822.SIZE"),
                            ("FULL", b"BODY (")):
            assert item in fetch_one(c, macro).text
        c.bad("FETCH 2 FLAGS")
        c.bad("FETCH 0 FLAGS")
        c.bad("FETCH 1 NOSUCH")
        c.bad("FETCH 1 BODY[1.")
        assert not c.ok("UID FETCH 99 FLAGS").untagged
        assert c.ok("UID FETCH * UID").numbers(b"FETCH") == [1]
        c.ok("CLOSE")
        c.ok("DELETE sec")


def slow_reader_gets_all(d):
    with logged_in(d) as c:
        m = b"Subject: s\r\n\r\n" + b"x" * 70 + b"\r\n"
        m += (b"y" * 70 + b"\r\n") * 20000
        fresh(c, "slow", [m] * 4)
        tag = c.start("FETCH 1:4 BODY.PEEK[]")
        # Another client does not wait for the slow one.
        with logged_in(d) as other:
            other.ok("SELECT INBOX")
        a = c.finish(tag)
        assert [r.literals[0] == m for r in a.untagged] == [True] * 4
        c.ok("CLOSE")
        c.ok("DELETE slow")


# ---- STORE, COPY, MOVE, EXPUNGE -----------------------------------------

def store_flags(d):
    with logged_in(d) as c:
        fresh(c, "st", numbered(5))
        a = c.ok("STORE 1:3 +FLAGS (\\Flagged $Work)")
        assert a.numbers(b"FETCH") == [1, 2, 3], a
        assert a.lines(rb"FLAGS \(.*\$Work\)"), a
        assert a.lines(rb"PERMANENTFLAGS \(.*\$Work \\\*\)"), a
        assert all(b"\\Flagged" in x for x in a.lines(b"^\\* \\d+ FETCH"))
        assert not c.ok("STORE 1 -FLAGS.SILENT \\Flagged").untagged
        assert b"\\Flagged" not in fetch_one(c, "FLAGS").text
        c.ok("UID STORE 2 FLAGS (\\Draft)")
        r = fetch_one(c, "FLAGS", 2).text
        assert b"\\Draft" in r and b"$Work" not in r
        a = c.ok("UID STORE 1:5 +FLAGS (\\Answered)")
        assert len(a.lines(rb"UID \d")) == 5, a
        c.bad("STORE 1 +FLAGS (\\Recent)")
        c.bad("STORE 1 +FLAGS (\\Nonsense)")
        c.ok("EXAMINE st")
        c.no("STORE 1 +FLAGS (\\Seen)", "READ-ONLY")
        c.ok("CLOSE")
        c.ok("DELETE st")


def copy_and_move(d):
    with logged_in(d) as c:
        fresh(c, "to", [], select=False)
        fresh(c, "from", numbered(6))
        c.ok("STORE 2 +FLAGS ($Keep \\Flagged)")
        a = c.ok("COPY 2:3,5 to")
        m = re.match(r"\[COPYUID \d+ (\S+) (\S+)\]", a.text)
        assert m and (m[1], m[2]) == ("2:3,5", "1:3"), a
        c.no("COPY 1 nothere", "TRYCREATE")
        a = c.ok("UID MOVE 4,6 to")
        assert a.lines(rb"COPYUID \d+ 4,6 4:5"), a
        assert sorted(a.numbers(b"EXPUNGE")) == [4, 6], a
        assert a.numbers(b"EXPUNGE") == [6, 4], a
        a = c.ok("SELECT to")
        assert a.numbers(b"EXISTS") == [5]
        r = fetch_one(c, "(FLAGS BODY.PEEK[TEXT])", 1).text
        assert b"$Keep" in r and b"\\Flagged" in r and b"body 2" in r
        c.ok("COPY 1:5 to")
        assert c.ok("NOOP") and c.ok("STATUS to (MESSAGES)").lines(
            b"MESSAGES 10")
        c.ok("SELECT from")
        c.ok("CLOSE")
        c.ok("DELETE from")
        c.ok("DELETE to")


def expunge_and_numbers(d):
    with logged_in(d) as c, logged_in(d) as other:
        fresh(c, "ex", numbered(10))
        other.ok("SELECT ex")
        c.ok("STORE 2,4,6 +FLAGS.SILENT (\\Deleted)")
        a = c.ok("UID EXPUNGE 4")
        assert a.numbers(b"EXPUNGE") == [4]
        a = c.ok("EXPUNGE")
        assert a.numbers(b"EXPUNGE") == [5, 2], a
        # The other session still counts to ten, by sequence number.
        a = other.ok("FETCH 10 (UID)")
        assert not a.numbers(b"EXPUNGE") and b"UID 10" in \
            a.lines(b"FETCH")[0], a
        a = other.ok("STORE 3 +FLAGS (\\Seen)")
        assert not a.numbers(b"EXPUNGE")
        assert not other.ok("SEARCH ALL").numbers(b"EXPUNGE")
        a = other.ok("UID FETCH 10 (FLAGS)")
        assert a.numbers(b"EXPUNGE") == [6, 4, 2], a
        assert other.ok("FETCH 7 UID").lines(rb"UID 10\)")
        # CLOSE removes without EXPUNGE responses.
        c.ok("STORE 1 +FLAGS (\\Deleted)")
        assert not c.ok("CLOSE").numbers(b"EXPUNGE")
        assert other.ok("NOOP").numbers(b"EXPUNGE") == [1]
        other.ok("CLOSE")
        c.ok("DELETE ex")


def pipelined_commands_keep_their_numbers(d):
    with logged_in(d) as c, logged_in(d) as other:
        fresh(c, "pi", numbered(4))
        other.ok("SELECT pi")
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        c.ok("NOOP")
        other.ok("EXPUNGE")
        c.send(b"a NOOP\r\nb FETCH 2 (UID)\r\nc NOOP\r\n")
        a, b, e = c.finish(b"a"), c.finish(b"b"), c.finish(b"c")
        assert not a.numbers(b"EXPUNGE"), a
        assert b.lines(rb"2 FETCH \(UID 2\)"), b
        assert e.numbers(b"EXPUNGE") == [1], e
        other.ok("CLOSE")
        c.ok("CLOSE")
        c.ok("DELETE pi")


# ---- SEARCH -------------------------------------------------------------

def search_keys(d):
    with logged_in(d) as c:
        fresh(c, "se", [PLAIN, MULTI] + numbered(4))
        c.ok("STORE 1 +FLAGS (\\Seen \\Flagged $K)")

        def found(what):
            line = c.ok(f"SEARCH {what}").lines(b"SEARCH")[0]
            return [int(x) for x in line.split()[1:]]
        rows = [
            ("ALL", [1, 2, 3, 4, 5, 6]), ("SEEN", [1]),
            ("UNSEEN", [2, 3, 4, 5, 6]), ("FLAGGED", [1]),
            ("KEYWORD $K", [1]), ("UNKEYWORD $K", [2, 3, 4, 5, 6]),
            ("KEYWORD $Never", []), ("2:3", [2, 3]), ("UID 6", [6]),
            ("NOT 1:5", [6]), ("OR FLAGGED UID 3", [1, 3]),
            ("(SEEN FLAGGED)", [1]), ("SUBJECT plain", [1]),
            ("SUBJECT m2", [4]), ("FROM s1", [3, 6]), ("TO b@example", [2]),
            ("CC c@", [2]), ("BODY needle", [1]), ("BODY NEEDLE", [1]),
            ("TEXT needle", [1]), ("TEXT p1@example", [1]),
            ("BODY p1@example", []), ("BODY inner", [2]),
            ("HEADER Message-ID m1@", [2]), ("HEADER Cc \"\"", [2]),
            ("SENTBEFORE 1-Jan-2000", [1]), ("SENTON 1-Mar-2024", [2]),
            ("LARGER 500", [2]), ("SMALLER 60", [3, 4, 5, 6]),
            ("BEFORE 1-Jan-2000", []), ("SINCE 1-Jan-2000",
                                        [1, 2, 3, 4, 5, 6]),
            ("NOT (OR SEEN SUBJECT m)", [2]), ("BODY \"body 3\"", [5]),
            ("BODY \"body\" SUBJECT m1", [3]),
        ]
        for what, wanted in rows:
            got = found(what)
            assert got == wanted, (what, got)

        def found8(text):
            tag = c.next_tag()
            data = text.encode()
            c.send(tag + b" SEARCH CHARSET UTF-8 " + b"SUBJECT {%d+}\r\n"
                   % len(data) + data + b"\r\n")
            return c.finish(tag).lines(b"SEARCH")[0]
        assert found8("GRÜSSE") in (b"SEARCH 2", b"SEARCH")
        assert found8("grüße") == b"SEARCH 2"
        tag = c.next_tag()
        data = "straße in".encode()
        c.send(tag + b" UID SEARCH CHARSET UTF-8 BODY {%d}\r\n" % len(data))
        c.response()
        c.send(data + b"\r\n")
        assert c.finish(tag).lines(b"SEARCH") == [b"SEARCH 2"]
        c.no("SEARCH CHARSET X-NONE SUBJECT x", "BADCHARSET")
        c.bad("SEARCH NOSUCH")
        c.bad("SEARCH 7")
        c.ok("CLOSE")
        c.ok("DELETE se")


# ---- IDLE, other sessions -----------------------------------------------

def idle_tells_at_once(d):
    with logged_in(d) as c, logged_in(d) as other:
        fresh(c, "id", numbered(2))
        other.ok("SELECT id")
        tag = c.idle()
        other.append("id", PLAIN)
        assert c.response().text == b"* 3 EXISTS"
        assert b"RECENT" in c.response().text
        other.ok("STORE 1 +FLAGS (\\Flagged)")
        r = c.response().text
        assert r.startswith(b"* 1 FETCH (FLAGS (") and b"\\Flagged" in r, r
        other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        assert c.response().text.startswith(b"* 2 FETCH")
        other.ok("EXPUNGE")
        assert c.response().text == b"* 2 EXPUNGE"
        assert c.done(tag).status == "OK"
        tag = c.idle()
        c.send(b"NONSENSE\r\n")
        assert c.finish(tag).status == "BAD"
        other.ok("CLOSE")
        c.ok("CLOSE")
        c.ok("DELETE id")


def deleted_under_a_session(d):
    with logged_in(d) as c, logged_in(d) as other:
        fresh(c, "gone", numbered(2))
        other.ok("DELETE gone")
        try:
            a = c.cmd("NOOP")
            text = repr(a)
        except EOFError:
            text = "BYE"
        assert "BYE" in text or a.status in ("OK", "NO")


# ---- hostile ------------------------------------------------------------

HOSTILE = [
    b"\r\n", b"a\r\n", b"a \r\n", b" \r\n", b"a FETCH\r\n", b"* NOOP\r\n",
    b"a SELECT {5}\r\n", b"a SELECT \"x\r\n", b"a SELECT x\0y\r\n",
    b"a LOGIN {99999999999999999999}\r\n", b"a LOGIN {-1}\r\n",
    b"a LIST \"\" " + b"%*" * 500 + b"\r\n", b"a SEARCH " + b"NOT " * 5000
    + b"ALL\r\n", b"a SEARCH " + b"(" * 5000 + b"\r\n",
    b"a FETCH " + b"1," * 20000 + b"1 FLAGS\r\n",
    b"a FETCH 1 (" + b"BODY[1.1.1.1] " * 3000 + b")\r\n",
    b"a " + b"x" * 200000 + b"\r\n", b"x" * 300000, b"\x16\x03\x01\x02\0",
    b"GET / HTTP/1.0\r\n\r\n", b"a NOOP\nb NOOP\r\n", b"a STORE 1 FLAGS ("
    + b"k" * 5000 + b")\r\n", b"a APPEND INBOX {10+}\r\n0123456789x\r\n",
    b"a APPEND x () \"bad date\" {3}\r\n", b"a UID\r\n", b"a UID UID FETCH\r\n",
    b"a RENAME x x/y/z\r\n", b"a CREATE " + b"d/" * 400 + b"x\r\n",
    b"a CREATE \"\"\r\n", b"a CREATE /x\r\n", b"a CREATE x//y\r\n",
]


def hostile_bytes(d):
    for data in HOSTILE:
        for login in (False, True):
            with Imap(d.imap_port) as c:
                if login:
                    c.login(USER, PASSWORD)
                    c.ok("SELECT INBOX")
                try:
                    c.send(data)
                    c.sock.shutdown(socket.SHUT_WR)
                    while True:
                        c.fill()
                except (EOFError, ConnectionError):
                    pass
                for line in c.buf.split(b"\r\n"):
                    assert not line or re.match(rb"\S+ |\+", line), line
    with logged_in(d) as c:
        c.ok("NOOP")


def too_many_mistakes(d):
    with logged_in(d) as c:
        try:
            for _ in range(200):
                c.bad("XYZZY")
        except (EOFError, ConnectionError):
            return
        raise AssertionError("200 bad commands and still there")


def byte_by_byte(d):
    with logged_in(d) as c:
        for byte in b"a NOOP\r\nb STATUS INBOX (MESSAGES)\r\n":
            c.send(bytes([byte]))
        assert c.finish(b"a").status == "OK"
        assert c.finish(b"b").status == "OK"


def many_pipelined(d):
    with logged_in(d) as c:
        c.send(b"".join(b"p%d NOOP\r\n" % i for i in range(2000)))
        for i in range(2000):
            assert c.finish(b"p%d" % i).status == "OK"


def imaplib_works(d):
    m = imaplib.IMAP4("127.0.0.1", d.imap_port)
    m.login(USER, PASSWORD)
    assert m.create("lib")[0] == "OK"
    typ, data = m.append("lib", "(\\Seen)", imaplib.Time2Internaldate(
        time.time()), PLAIN)
    assert typ == "OK", data
    assert m.select("lib")[1] == [b"1"]
    assert m.search(None, "SUBJECT", '"plain one"')[1] == [b"1"]
    typ, data = m.fetch("1", "(RFC822)")
    assert data[0][1] == PLAIN
    assert m.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
    assert m.expunge()[1] == [b"1"]
    m.close()
    m.delete("lib")
    m.logout()


def changes(log, what):
    return re.findall(rb'msg="session %s changes".* to=(\S+)' % what, log)


def states_are_traced(_):
    """A connection's states, and the phases of its commands."""
    with Imapd(extra="log-level = trace") as d:
        d.account(USER, PASSWORD)
        with Imap(d.imap_port) as c:
            c.login(USER, PASSWORD)
            c.ok("SELECT INBOX")
            c.done(c.idle())
            assert c.append("INBOX", PLAIN + b"x" * 100000).status == "OK"
            assert c.append("Lost", PLAIN * 500, sync=False).status == "NO"
            c.ok("CLOSE")
        log = d.process.log()
    assert changes(log, b"state") == [
        b"authenticated", b"selected", b"authenticated"], log
    assert changes(log, b"phase") == [
        b"run", b"command",                             # LOGIN
        b"run", b"command",                             # SELECT
        b"run", b"idle", b"run", b"sync", b"command",   # IDLE
        b"run", b"upload", b"sync", b"command",         # APPEND
        b"run", b"discard", b"command",                 # refused
        b"run", b"command"], changes(log, b"phase")     # CLOSE


TESTS = [
    greeting_and_states, capabilities_and_enable, wrong_passwords,
    authenticate_plain, login_with_literals, starttls_drops_what_was_in_the_clear, implicit_tls,
    new_account_has_its_mailboxes, hierarchy, names_in_utf7, subscriptions,
    rename_inbox_moves_its_messages, create_with_special_use,
    select_and_recent, append_and_appenduid,
    large_append_comes_back_the_same, too_large_is_refused,
    a_literal_behind_the_message_is_refused,
    literals_are_taken_up_to_their_limits,
    both_ways_in_obey_the_limits_of_mime, fetch_sections,
    slow_reader_gets_all, store_flags, copy_and_move, expunge_and_numbers,
    pipelined_commands_keep_their_numbers, search_keys, idle_tells_at_once,
    deleted_under_a_session, hostile_bytes, too_many_mistakes, byte_by_byte,
    many_pipelined, imaplib_works,
    states_are_traced,
]


def main():
    with Imapd() as d:
        d.account(USER, PASSWORD)
        return tap.run(TESTS, d)


sys.exit(main())
