#!/usr/bin/env python3
"""`postern send-test': it can play any client, and sends the message it is
given.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
from milter_talk import configure  # noqa: E402

YOU = "you@localhost"


def send(ls, *args, data=None):
    """Returns (status, the replies or the text)."""
    status, out, err = ls.postern(
        "--json", "send-test", "--server", "127.0.0.1:%d" % (ls.base + 25),
        *args, data=data)
    return status, json.loads(out) if status in (0, 1, 75) and out else err


def received(ls, count):
    """The last message of that many."""
    with ls.imap() as box:
        if not box.wait_exists(count):
            return b""
        return box.fetch()[-1]


def test_plain(t, ls):
    status, rows = send(ls, "--to", YOU)
    t.equal(status, 0, "a message can be sent with nothing but --to")
    t.equal([r["code"] for r in rows], [250], "the server's reply is printed")
    m = received(ls, 1)
    t.ok(b"Subject: a test\r\n" in m, "the message is delivered")
    t.ok(b"From: <sender@test.example>\r\n" in m, "it has the default sender")


def test_played(t, ls):
    rows = [
        (["--ip", "192.0.2.1", "--name", "mail.test.example"],
         b"from mail.test.example (mail.test.example [192.0.2.1])"),
        (["--ip", "2001:db8::1", "--helo", "six.example"],
         b"from six.example (unknown [IPv6:2001:db8::1])"),
        (["--ip", "192.0.2.7", "--login", YOU, "--from", YOU],
         b"[192.0.2.7])"),
    ]
    for n, (args, want) in enumerate(rows, 2):
        status, said = send(ls, "--to", YOU, *args)
        t.ok(status == 0, "%s is played" % " ".join(args), str(said))
        t.ok(want in received(ls, n), "the Received field shows it")


def test_texts(t, ls):
    status, _ = send(ls, "--to", YOU, "--spam", "--subject", "win now")
    t.equal(status, 0, "--spam sends a message")
    m = received(ls, 5)
    t.ok(b"GTUBE" in m and b"Subject: win now\r\n" in m,
         "the message is the GTUBE spam sample")
    status, _ = send(ls, "--to", YOU, "--file", "-",
                     data=b"From: <a@b.example>\nSubject: mine\n\n.\ndot\n")
    t.equal(status, 0, "a message from a file is sent")
    m = received(ls, 6)
    t.ok(b"\r\nFrom: <a@b.example>\r\nSubject: mine\r\n" in m and
         m.endswith(b"\r\n\r\n.\r\ndot\r\n"),
         "it is unchanged except for CRLF")


def test_signed(t, ls):
    status, records, err = ls.postern("dkim", "gen", "signed.example")
    t.ok(status == 0, "dkim gen makes keys", str(err))
    with open(os.path.join(ls.dir, "dns-data"), "ab") as f:
        f.write(records + b"signed.example. 60 IN A 192.0.2.1\n")
    configure(ls)       # the milter reads the file again
    folder = os.path.join(ls.dir, "dkim", "signed.example")
    for count, key in enumerate(sorted(os.listdir(folder)), 7):
        status, said = send(ls, "--to", YOU, "--dkim-key",
                            os.path.join(folder, key),
                            "--ip", "192.0.2.1", "--name", "mail.test.example",
                            "--from", "a@signed.example")
        t.ok(status == 0, "a message is signed with %s" % key, str(said))
        m = received(ls, count)
        t.equal(m.count(b"DKIM-Signature:"), 1, "it has one signature")
        t.match(m, r"dkim=pass \(.*\) header.d=signed.example",
                "the signature is good")
    t.equal(count, 8, "it is signed with a key of each kind")


def test_answers(t, ls):
    status, rows = send(ls, "--to", "nobody@localhost", "--to", YOU)
    t.equal(status, 1, "with a refused recipient the status is 1")
    t.equal([r["code"] for r in rows], [550, 250],
            "each recipient has its reply")
    t.equal(rows[0]["enhanced"], "5.1.1", "the replies have enhanced codes")
    status, said = send(ls)
    t.equal(status, 2, "without --to it prints its usage")
    status, said = send(ls, "--to", YOU, "--dkim-key", "nonsense")
    t.equal(status, 1, "a path that cannot be a key is refused")
    status, _, said = ls.postern("send-test", "--to", YOU, "--server",
                                 "127.0.0.1:1")
    t.equal(status, 75, "a server that is not there is a temporary failure")
    t.ok(b"127.0.0.1:1" in said, "the error names the server")
    out = ls.postern("send-test", "--verbose", "--to", YOU, "--server",
                     "127.0.0.1:%d" % (ls.base + 25))[1]
    t.ok(b"C: MAIL FROM:<sender@test.example>" in out and
         b"S: 354 " in out, "--verbose shows the dialogue")


def test_values(t, ls):
    user = "jo+AB@localhost"
    t.equal(ls.postern("account", "add", user)[0], 0,
            "a login may contain a +")
    status, rows = send(ls, "--to", YOU, "--login", user)
    t.ok(status == 0, "XCLIENT plays this user and no other", str(rows))
    status, said = send(ls, "--to", YOU, "--ip", "300.0.0.1")
    t.ok(status == 2 and b"--ip: '300.0.0.1' is not an IP address" in said,
         "something that is not an address is refused", str(said))
    status, said = send(ls, "--to", YOU, "--server", "localhost")
    t.ok(status == 2 and b"--server: 'localhost' is not" in said,
         "something that is not a server is refused", str(said))
    status, out, _ = ls.postern(
        "send-test", "--to", YOU, "--json", "--server",
        "127.0.0.1:%d" % (ls.base + 25))
    t.ok(status == 0 and json.loads(out)[0]["recipient"] == YOU,
         "--json may follow the command")


def main():
    t = lib.Tap()
    with lib.Localserve(t, "--set", "catch-all-address=") as ls:
        test_plain(t, ls)
        test_played(t, ls)
        test_texts(t, ls)
        test_signed(t, ls)
        test_answers(t, ls)
        test_values(t, ls)
    t.done()


main()
