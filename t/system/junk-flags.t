#!/usr/bin/env python3
"""Mailboxes mark mail as junk or not, and clients are told of it."""
import imaplib
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lmtp                                        # noqa: E402

t = lib.Tap()
USER, PASSWORD = "alice@example.test", "secret-a"
TEXT = b"Subject: x\r\nFrom: b@example.org\r\n\r\nx\r\n"
JUNK = {"$Junk", "Junk", "$NotJunk", "NonJunk", "NotJunk"}


class Client:
    """imaplib, and a look at junk flags."""

    def __init__(self, d):
        self.c = imaplib.IMAP4("127.0.0.1", d.imap_port)
        self.c.login(USER, PASSWORD)

    def close(self):
        self.c.logout()

    def select(self, mailbox):
        assert self.c.select(mailbox)[0] == "OK", mailbox

    def append(self, mailbox, flags="()"):
        kind, data = self.c.append(mailbox, flags, None, TEXT)
        assert kind == "OK", data
        return re.search(rb"APPENDUID \d+ (\d+)", data[0])[1].decode()

    def uid(self, *args):
        kind, data = self.c.uid(*args)
        assert kind == "OK", (args, data)
        return data

    def flags(self, mailbox):
        """The junk flags of its last message."""
        self.select(mailbox)
        return self.fetched()

    def fetched(self):
        data = self.uid("FETCH", "*", "(FLAGS)")
        words = re.search(rb"FLAGS \(([^)]*)\)", data[0])[1].decode()
        return JUNK & set(words.split())


def test_delivery(d):
    for mailbox in ("Junk", "Lists", "Sent", "Trash"):
        d.postern("address", "add", f"to-{mailbox}@example.test", USER,
                  mailbox)
    with Lmtp(("127.0.0.1", d.lmtp_port)) as l:
        for to in [f"to-{m}@example.test" for m in
                   ("Junk", "Lists", "Sent", "Trash")] + [USER]:
            replies = l.message("b@example.org", [to], TEXT)
            assert replies[-1].code == 250, replies
    c = Client(d)
    for mailbox, want in (("Junk", {"$Junk"}), ("Lists", {"$NotJunk"}),
                          ("Sent", set()), ("Trash", set()),
                          ("INBOX", set())):
        t.equal(c.flags(mailbox), want, f"LMTP to {mailbox}")
    c.close()


def test_own_commands(d):
    c = Client(d)
    c.c.create("Here")
    c.select("Here")
    for how, args in (("APPEND", None), ("COPY", ("COPY", "*", "Here")),
                      ("MOVE", ("MOVE", "*", "Here"))):
        if args is None:
            c.append("Here")
        else:
            c.uid("STORE", "*", "FLAGS", "()")
            c.uid(*args)
        t.ok(b"$NotJunk" in c.c.untagged_responses["FLAGS"][-1],
             f"{how} announces the keyword it brings")
        t.equal(c.fetched(), {"$NotJunk"}, "the new message has it")
    c.select("INBOX")
    c.append("INBOX")
    for how in ("+FLAGS", "+FLAGS.SILENT"):
        c.uid("STORE", "*", "FLAGS", "()")
        data = c.uid("STORE", "*", how, "(Junk)")
        t.ok(any(b"$Junk" in line for line in data if line),
             f"{how} is answered with the flag that it caused", data)
    c.close()


def test_moves(d):
    c = Client(d)
    for source, target, want in (
            ("INBOX", "Junk", {"$Junk"}), ("Junk", "Trash", {"$Junk"}),
            ("Trash", "Archive", {"$NotJunk"}),
            ("Archive", "Trash", {"$NotJunk"}),
            ("Trash", "INBOX", set()), ("INBOX", "Drafts", set()),
            ("Drafts", "Bulk", {"$Junk"})):
        if target == "Bulk":
            assert c.c._simple_command(
                "CREATE", "Bulk", "(USE (\\Junk))")[0] == "OK"
        if source == "INBOX":
            c.append("INBOX")
        c.select(source)
        c.uid("MOVE", "*", target)
        t.equal(c.flags(target), want, f"MOVE from {source} to {target}")
    c.close()


def test_thunderbird(d):
    c = Client(d)
    c.append("INBOX")
    c.select("INBOX")
    for how, words, want in (
            ("+FLAGS", "Junk", {"Junk", "$Junk"}),
            ("-FLAGS", "NonJunk", {"Junk", "$Junk"}),
            ("+FLAGS", "NonJunk", {"NonJunk", "$NotJunk"}),
            ("-FLAGS", "Junk", {"NonJunk", "$NotJunk"}),
            ("+FLAGS", "$Junk", {"$Junk"}),
            ("+FLAGS", "NotJunk", {"NotJunk", "$NotJunk"}),
            ("-FLAGS", "NotJunk", set()),
            ("+FLAGS", "$Junk $NotJunk", set()),
            ("FLAGS", "\\Seen Junk", {"Junk", "$Junk"}),
            ("FLAGS", "\\Seen", set())):
        c.select("INBOX")
        c.uid("STORE", "*", how, f"({words})")
        t.equal(c.flags("INBOX"), want, f"STORE {how} ({words})")
    c.close()


def test_commands(d):
    rows = json.loads(d.postern("--json", "junk-flags", "test", USER))
    found = {r["mailbox"]: (r["meaning"], r["reason"]) for r in rows}
    for mailbox, want in (
            ("INBOX", ("neutral", "junk-flags-neutral")),
            ("Junk", ("junk", "special-use")),
            ("Sent", ("nothing", "special-use")),
            ("Archive", ("notjunk", "rest")),
            ("Rejects", ("neutral", "junk-flags-neutral"))):
        t.equal(found.get(mailbox), want, f"junk-flags test: {mailbox}")
    t.ok("^(inbox|" in d.postern("junk-flags", "test", USER),
         "people see the expression")
    text = d.postern("account", "set", USER, "junk-flags-junk=^(list",
                     fail=True)
    t.ok("missing closing parenthesis at offset 6" in text,
         "a bad expression is refused with its place", text)
    d.postern("account", "set", USER, 'junk-flags-junk=^"lists \\d|^lists',
              "junk-flags=yes")
    shown = json.loads(d.postern("--json", "account", "show", USER))
    t.equal((shown["junk-flags"], shown["junk-flags-junk"]),
            ("yes", '^"lists \\d|^lists'), "account show has the settings")
    t.ok("junk-flags-neutral" not in shown, "those that are its own")
    d.postern("account", "set", USER, "junk-flags-notjunk=")
    t.equal(json.loads(d.postern("--json", "account", "show", USER))[
        "junk-flags-notjunk"], "", "none is not the default")
    c = Client(d)
    t.equal(c.flags("Lists"), {"$NotJunk"}, "new settings mark nothing")
    done = json.loads(d.postern("--json", "junk-flags", "reset", USER))
    t.ok(done["count"] >= 1, "junk-flags reset does", done)
    t.equal(c.flags("Lists"), {"$Junk"}, "by the new expression")
    again = json.loads(d.postern("--json", "junk-flags", "reset", USER))
    t.equal(again["count"], 0, "and again there is nothing to do")
    lines = d.postern("export", USER)
    d.postern("account", "set", USER, "junk-flags-junk=default",
              "junk-flags=default")
    d.postern("import", data=lines.encode())
    t.equal(d.postern("export", USER), lines, "export and import keep them")
    c.close()


def test_site_settings(d):
    bad = Imapd('junk-flags-junk = "^(junk"', check=False)
    t.ok(not bad.start(), "a bad expression in postern.conf is refused")
    log = bad.process.log()
    t.ok(b"junk-flags-junk" in log and b"at offset 6" in log,
         "by its name, with the place", log)


with Imapd() as d:
    d.account(USER, PASSWORD)
    d.postern("mailbox", "add", USER, "Lists")
    test_delivery(d)
    test_own_commands(d)
    test_moves(d)
    test_thunderbird(d)
    test_commands(d)
    test_site_settings(d)
t.equal(d.verify(), "", "the store is sound")
t.done()
