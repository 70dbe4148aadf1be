#!/usr/bin/env python3
"""The origin header field that the milter adds for imapd does not leave the
site.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
import network  # noqa: E402

YOU = "you@localhost"
FAR = "friend@far.example"
MX = "127.0.0.25"
FIELD = b"postern-origin"
FORGED = "Postern-Origin: v1 " + "QUJD" * 40 + "\r\n"

HOPS = "".join("Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0000\r\n"
               for _ in range(20))

FORWARDED = (
    "From: <me@far.example>\r\nTo: <friend@far.example>\r\n"
    "Subject: forwarded\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\n" + FORGED +
    "Subject: inner\r\nFrom: <a@b.example>\r\n\r\ninner text\r\n--b--\r\n")


def test_relayed(t, ls, sink):
    """One message to a local and a remote recipient."""
    ls.send("me@far.example", [YOU, FAR], lib.message("both"))
    t.ok(sink.wait(1), "mail to the remote recipient is sent")
    t.ok(FIELD not in sink.messages[0][2].lower(),
         "the remote copy has no origin")
    with ls.imap() as box:
        t.ok(box.wait_exists(1), "the local copy is delivered")
        t.ok(FIELD not in box.fetch()[0].lower(),
             "the origin was removed before the message was stored")


def test_forged(t, ls, sink):
    ls.send("me@far.example", [FAR], FORGED + lib.message("forged"))
    t.ok(sink.wait(2), "a message with a forged origin is sent")
    t.ok(FIELD not in sink.messages[1][2].lower(),
         "it is sent without the forged origin")


def test_forwarded(t, ls, sink):
    ls.send("me@far.example", [FAR], FORWARDED)
    t.ok(sink.wait(3), "a message forwarded as message/rfc822 is sent")
    data = sink.messages[2][2]
    t.ok(FIELD not in data.lower(),
         "the origin of the message inside is removed")
    t.ok(b"inner text" in data and b"Subject: inner" in data,
         "the rest of it is unchanged")


def test_bounce(t, ls, sink, ret, n):
    """imapd refuses a message, and Postfix bounces it to the remote sender."""
    s = ls.smtp()
    s.sendmail("me@far.example", [YOU], HOPS + lib.message("bounce " + ret),
               ["RET=" + ret])
    s.quit()
    t.ok(sink.wait(n), "a bounce with RET=%s is sent" % ret)
    data = sink.messages[n - 1][2]
    t.ok(b"bounce " + ret.encode() in data,
         "the bounce has the message's header")
    t.ok(FIELD not in data.lower(), "the bounce has no origin")


def main():
    lib.postfix_dir()
    network.enter("127.0.0.53")
    t = lib.Tap()
    network.Dns({"far.example": {"MX": "mx.far.example"},
             "mx.far.example": {"A": MX}})
    sink = network.Sink(25, MX)
    with lib.Localserve(t, "--allow-outside", "--set", "received-max=10") \
            as ls:
        test_relayed(t, ls, sink)
        test_forged(t, ls, sink)
        test_forwarded(t, ls, sink)
        test_bounce(t, ls, sink, "FULL", 4)
        test_bounce(t, ls, sink, "HDRS", 5)
    t.done()


main()
