#!/usr/bin/env python3
"""What the milter asks imapd about senders and recipients, and the limits on
both.
"""
import os
import re
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
import request_client as sc                                     # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lmtp                                        # noqa: E402
from request_client import Store, field, frame                  # noqa: E402

t = lib.Tap()
OPS = sc.operations()
# Tags, see lib/proto/request_table.h.
NAME, VALUE, KIND, COUNT, LIMIT, STATUS = 10, 11, 12, 17, 18, 19
ACCOUNT, ADDRESS, MAILBOX, USE, RECIPIENT = 30, 43, 60, 69, 111
CODE, ENHANCED, REPLY, SETTING, OURS = 130, 131, 132, 133, 135
CLIENT_IP, SIZE, ORIGIN, HEADER = 134, 72, 110, 112
VERDICT, REASON, LINE = 114, 115, 92
QUEUE_ID, SUBMITTED, SENT, FIRST_TIME = 136, 139, 140, 141


def dial(d, role):
    return Store(d.path("run", "store-" + role))


def number(value):
    return int.from_bytes(value[0], "big")


def ask(d, op, *fields, data=None):
    with dial(d, "milter") as c:
        return c.call(OPS[op], b"".join(field(*f) for f in fields), data)


def do(d, op, *fields):
    with dial(d, "admin") as c:
        a = c.call(OPS[op], b"".join(field(*f) for f in fields))
        assert a.error is None, (op, fields, a.error)
        return a


def set_account(d, login, name, value):
    do(d, "account-set", (ACCOUNT, login), (NAME, name), (VALUE, value))


def test_recipients(d):
    rows = [
        ("alice@example.test", "known", 1, "address", None),
        ("Alice+lists@EXAMPLE.test", "known", 1, "address", None),
        ("nobody@example.test", "unknown", 1, None, (550, "5.1.1")),
        ("someone@elsewhere.test", "unknown", 0, None, None),
        ("no address", "unknown", 0, None, None),
        ("team@example.test", "known", 1, "alias", None),
        ("x@any.test", "known", 1, "catch-all", None),
        ("bob@any.test", "known", 1, "address", None),
        ("off@example.test", "disabled", 1, "address", (550, "5.2.1")),
        ("full@example.test", "over-quota", 1, "address", (452, "4.2.2")),
    ]
    for login in ("off", "full"):
        do(d, "account-create", (ACCOUNT, login))
        do(d, "address-add", (ADDRESS, login + "@example.test"),
           (ACCOUNT, login))
    set_account(d, "off", "disabled", "yes")
    set_account(d, "full", "quota-messages", "1")
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        c.message("a@b.test", ["full@example.test"], b"Subject: x\r\n\r\n")
    do(d, "domain-create", (40, "any.test"))
    do(d, "address-add", (ADDRESS, "@any.test"),
       (ACCOUNT, "alice@example.test"))
    do(d, "address-add", (ADDRESS, "bob@any.test"),
       (ACCOUNT, "bob@example.test"))
    do(d, "alias-add", (ADDRESS, "team@example.test"),
       (ACCOUNT, "alice@example.test"), (ACCOUNT, "off"))
    for address, status, ours, kind, code in rows:
        done = ask(d, "recipient-check", (ADDRESS, address)).done
        t.equal(done[STATUS], [status.encode()], f"'{address}' is {status}")
        t.equal(done[OURS], [bytes([ours])],
                "the address is marked as ours or not")
        t.equal(done[KIND], [kind.encode()] if kind else [],
                "its status is right")
        t.equal((number(done[CODE]), done[ENHANCED][0].decode())
                if done[CODE] else None, code, "its reply is right")


def test_senders(d):
    rows = [
        ("alice@example.test", ["alice@example.test"], None),
        ("alice@example.test", [], None),
        ("alice@example.test", ["", "Alice+x@example.test"], None),
        ("alice@example.test", ["anything@any.test"], None),
        ("alice@example.test", ["bob@any.test"], "bob@any.test"),
        ("bob@example.test", ["bob@any.test"], None),
        ("bob@example.test", ["anything@any.test"], "anything@any.test"),
        ("alice@example.test", ["team@example.test"], None),
        ("bob@example.test", ["team@example.test"], "team@example.test"),
        ("alice@example.test", ["alice@example.test", "eve@evil.test",
                                "bob@example.test"], "eve@evil.test"),
        ("alice@example.test", ["not an address"], "not an address"),
    ]
    for login, addresses, bad in rows:
        done = ask(d, "sender-check", (ACCOUNT, login),
                   *((ADDRESS, a) for a in addresses)).done
        t.equal(done[STATUS], [b"not-yours" if bad else b"ok"],
                f"{login} sends with {addresses}")
        t.equal(done[ADDRESS], [bad.encode()] if bad else [],
                "the address that is not theirs is named")
        t.equal(bool(done[CODE]), bad is not None, "the refusal is right")
    done = ask(d, "sender-check", (ACCOUNT, "who")).done
    t.equal((done[STATUS], number(done[CODE])), ([b"no-account"], 550),
            "a login without an account is refused")


def submit(d, login, queue_id, recipients):
    return ask(d, "submission-record", (ACCOUNT, login),
               (QUEUE_ID, queue_id),
               *((RECIPIENT, r) for r in recipients)).done


def test_submissions(d):
    login = "alice@example.test"
    done = submit(d, login, "q1", ["a@x.test", "A@X.test", "b@x.test"])
    t.equal((done[STATUS], number(done[COUNT]), number(done[FIRST_TIME])),
            ([b"ok"], 3, 2), "recipients are counted, new ones once")
    done = submit(d, login, "q1", ["a@x.test", "A@X.test", "b@x.test"])
    t.equal((done[STATUS], number(done[COUNT]), number(done[FIRST_TIME])),
            ([b"ok"], 3, 2), "a repeated question is not counted again")
    set_account(d, login, "recipients-per-day", "5")
    done = submit(d, login, "q2", ["c@x.test"] * 3)
    t.equal((done[STATUS], number(done[LIMIT]), number(done[CODE]),
             done[ENHANCED], done[SETTING]),
            ([b"over-recipients"], 5, 451, [b"4.7.1"],
             [b"recipients-per-day"]), "too many recipients are refused")
    t.ok(b"5 recipients in 24 hours" in done[REPLY][0]
         and b"recipients-per-day" in done[REPLY][0],
         "the refusal names the limit and the setting", done[REPLY])
    set_account(d, login, "recipients-per-day", "default")
    t.equal(submit(d, login, "q2", ["c@x.test"] * 3)[STATUS],
            [b"over-recipients"], "a repeated question is refused again")
    set_account(d, login, "first-time-recipients-per-day", "3")
    done = submit(d, login, "q3", ["c@x.test", "d@x.test"])
    t.equal((done[STATUS], number(done[LIMIT]), done[SETTING]),
            ([b"over-first-time"], 3, [b"first-time-recipients-per-day"]),
            "too many new recipients are refused")
    t.equal(submit(d, login, "q4", ["a@x.test", "c@x.test"])[STATUS],
            [b"ok"], "known recipients do not count")
    rows = do(d, "recipient-list", (ACCOUNT, login)).rows
    t.equal([(r[ADDRESS][0], number(r[SUBMITTED]), number(r[SENT]))
             for r in rows],
            [(b"a@x.test", 3, 0), (b"b@x.test", 1, 0), (b"c@x.test", 1, 0)],
            "all recipients are remembered")
    t.equal(submit(d, "who", "q1", ["a@x.test"])[STATUS], [b"no-account"],
            "a login without an account is refused")


CONF = """\
delivery-messages-per-minute = 3, 6, 0
delivery-messages-per-day = 100, 0, 0
delivery-bytes-per-minute = 0, 0, 100K
own-networks = 127.0.0.0/8, 198.51.100.0/25
exempt-clients = 198.51.100.128/25
"""


def token():
    """A token that names a message: the time, and random bytes."""
    return struct.pack(">I", int(time.time())) + os.urandom(12)


def judge_all(d, addresses, ip, size=1000, name=None, user=b""):
    """Asks judge.  Returns the rows, one for each address."""
    origin = name or token()
    for tag, value in ((1, ip.encode()), (6, user)):
        if value:
            origin += struct.pack(">BH", tag, len(value)) + value
    return ask(d, "judge", (ORIGIN, origin), (SIZE, size),
               (HEADER, b"Subject: x\r\n\r\n"),
               *[(RECIPIENT, a) for a in addresses], data=b"").rows


def judge(d, address, ip, **more):
    return judge_all(d, [address], ip, **more)[0]


def check(d, address, ip, size=0):
    return ask(d, "recipient-check", (ADDRESS, address), (CLIENT_IP, ip),
               (SIZE, size)).done


def test_rates(d):
    to = "bob@example.test"
    for i in range(3):
        t.equal(check(d, to, "192.0.2.1")[STATUS], [b"known"],
                "there is room at RCPT")
        name = token()
        t.equal(judge(d, to, "192.0.2.1", name=name)[VERDICT], [b"accept"],
                "there is room at the end of the message")
        t.equal(judge(d, to, "192.0.2.1", name=name)[VERDICT], [b"accept"],
                "a repeated question gets the same answer")
    done = check(d, to, "192.0.2.1")
    t.equal((done[STATUS], number(done[CODE]), done[ENHANCED],
             done[SETTING]),
            ([b"over-rate"], 452, [b"4.2.2"],
             [b"delivery-messages-per-minute"]), "then there is no room")
    t.equal(done[REPLY], [b"this mailbox takes at most 3 messages from "
                          b"192.0.2.1 in 60 seconds, try again later"],
            "the refusal gives the limit")
    done = judge(d, to, "192.0.2.1")
    t.equal((done[VERDICT], done[REASON], number(done[CODE])),
            ([b"reject"], [b"over-rate"], 452),
            "there is no room at the end of the message either")
    t.equal(check(d, "alice@example.test", "192.0.2.1")[STATUS], [b"known"],
            "another account has its own limit")
    for i in range(3):
        judge(d, to, f"192.0.2.{2 + i}")
    done = check(d, to, "192.0.2.60")
    t.ok(b"6 messages from 192.0.2.0/26 in 60 s" in done[REPLY][0],
         "its network has a limit, too", done)
    t.equal(check(d, to, "192.0.2.64")[STATUS], [b"known"],
            "the limit does not apply outside of the network")
    t.equal(check(d, to, "::ffff:192.0.2.1")[STATUS], [b"over-rate"],
            "an IPv4 address in IPv6 form is the same address")
    for ip in ("127.0.0.1", "::1", "198.51.100.127", "198.51.100.128",
               "unknown"):
        for i in range(4):
            judge(d, to, ip)
        t.equal(check(d, to, ip)[STATUS], [b"known" if ip != "::1" else
                                           b"over-rate"],
                f"{ip}: our own networks and exempt clients do not count")
    for i in range(4):
        judge(d, to, "203.0.113.1", user=b"alice")
    t.equal(check(d, to, "203.0.113.1")[STATUS], [b"known"],
            "a user who has logged in does not count")
    t.equal(judge(d, to, "203.0.113.1", size=90 << 10)[VERDICT],
            [b"accept"], "a message within the byte limit is accepted")
    done = judge(d, to, "203.0.117.1", size=11 << 10)
    t.ok(b"100K bytes from 203.0.112.0/21 in 60 s" in done[REPLY][0]
         and done[SETTING] == [b"delivery-bytes-per-minute"],
         "a message beyond the byte limit is refused", done)
    t.equal(judge(d, "team@example.test", "192.0.2.1")[VERDICT],
            [b"accept"], "an alias accepts what one of its members accepts")
    both, ip = ["alice@example.test", to], "203.0.113.65"
    for i in range(3):
        t.equal([r[VERDICT] for r in judge_all(d, both, ip)],
                [[b"accept"]] * 2,
                "two recipients of one message are accepted")
    t.equal([check(d, a, ip)[STATUS] for a in both], [[b"over-rate"]] * 2,
            "it counts for both accounts")
    t.equal([r[REASON] for r in judge_all(d, [*both, "no@example.test"],
                                          ip)],
            [[b"over-rate"], [b"over-rate"], [b"unknown"]],
            "each of two recipients gets its own reason")


def submission(login, queue_id):
    """Returns the request as bytes."""
    return frame(sc.REQUEST, OPS["submission-record"].number, 7,
                 field(ACCOUNT, login) + field(QUEUE_ID, queue_id)
                 + field(RECIPIENT, "a@x.test"))


def test_lost_answers(d):
    """Many ask at the same time, and ask again if they got no answer."""
    login = "carol@example.test"
    d.account(login, "secret-a")
    set_account(d, login, "recipients-per-day", "10")
    connections = [dial(d, "milter") for _ in range(20)]
    for i, c in enumerate(connections):
        c.send(submission(login, f"r{i}"))
    answers = []
    for i, c in enumerate(connections):
        if i % 2 == 0:
            answers.append(c.answer().done[STATUS])
        c.close()
    for i in range(1, 20, 2):
        with dial(d, "milter") as c:
            c.send(submission(login, f"r{i}"))
            answers.append(c.answer().done[STATUS])
    t.equal(answers.count([b"ok"]), 10,
            "ten submissions use up the room for ten")
    t.equal(answers.count([b"over-recipients"]), 10,
            "the other submissions are refused")
    t.equal(recipients(d, login), {"a@x.test": (10, 0)},
            "no submission is counted twice")
    shown = d.postern("account", "show", login)
    t.ok(re.search(r"(?m)^Recipients today +10$", shown)
         and re.search(r"(?m)^New recipients today +1$", shown),
         "account show says how much was sent", shown)


def recipients(d, login):
    return {r[ADDRESS][0].decode(): (number(r[SUBMITTED]), number(r[SENT]))
            for r in do(d, "recipient-list", (ACCOUNT, login)).rows}


def becomes_true(fn):
    until = lib.deadline()
    while not fn():
        if lib.left(until) <= 0:
            return False
        time.sleep(0.05)
    return True


def test_sent(d):
    """Recipients of whatever a client puts into its sent mailbox become known.
    """
    login = "bob@example.test"
    with Imap(d.imap_port) as c:
        c.login(login, "secret-a")
        c.append("Sent", b"To: c@x.test\r\nCc: d@x.test\r\n\r\n")
        c.append("INBOX", b"To: e@x.test\r\n\r\n")
        c.append("INBOX", b"Bcc: f@x.test\r\n\r\n")
        c.ok("SELECT INBOX")
        c.ok("MOVE * Sent")
    t.ok(becomes_true(lambda: len(recipients(d, login)) == 3),
         "recipients of mail in Sent become known")
    t.equal(recipients(d, login), {"c@x.test": (0, 1), "d@x.test": (0, 1),
                                   "f@x.test": (0, 1)},
                                   "no other recipients become known")
    set_account(d, login, "first-time-recipients-per-day", "1")
    t.equal(submit(d, login, "s1", ["C@x.test", "f@x.test", "new@x.test"])
            [STATUS], [b"ok"], "recipients of mail in Sent are not new")
    t.equal(submit(d, login, "s2", ["e@x.test"])[STATUS],
            [b"over-first-time"], "other recipients are new")


def test_export(d):
    login = "bob@example.test"
    want = recipients(d, login)
    plain = d.postern("export")
    t.ok("recipient " not in plain, "export leaves out recipients")
    t.ok("recipients-per-day=default first-time-recipients-per-day=1"
         in plain, "export has the limits of accounts")
    text = d.postern("export", "--recipients", login)
    d.postern("account", "remove", "--yes", login)
    d.postern("import", data=text.encode())
    t.equal(recipients(d, login), want,
            "export prints recipients if asked; import "
            "accepts them")
    t.equal(d.postern("export", "--recipients", login), text,
            "export and import agree")
    for line in ("recipient a@x.test", f"recipient a@x.test account={login} "
                 "first=2 last=1", "recipient a@x.test account=who",
                 f"recipient a@x.test account={login} sent=-1",
                 f'recipient "" account={login}'):
        d.postern("import", data=line.encode() + b"\n", fail=True)
    t.equal(recipients(d, login), want, "wrong lines change nothing")
    shown = d.postern("account", "recipients", login)
    t.ok("c@x.test" in shown and len(shown.splitlines()) == len(want) + 1,
         "the command lists wrong lines", shown)


def test_full(d):
    for address, reason, code in (("full@example.test", b"over-quota", 452),
                                  ("off@example.test", b"disabled", 550),
                                  ("no@example.test", b"unknown", 550)):
        done = judge(d, address, "203.0.113.9")
        t.equal((done[VERDICT], done[REASON], number(done[CODE])),
                ([b"reject"], [reason], code), f"judge: {reason}")


def deliver(d, to, ip, header=b""):
    seal = subprocess.run(
        [os.path.join(lib.TOP_BUILD, "t", "system", "seal_origin"),
         d.path("origin.key"), ip], check=True,
        stdout=subprocess.PIPE).stdout.replace(b"\n", b"\r\n")
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        replies = c.message("a@b.test", [to], seal + header + b"\r\nx\r\n")
        assert replies[-1].code == 250, replies


def test_restart(d):
    """What LMTP delivered counts, and after a restart it is counted again from
    the store."""
    to = "alice@example.test"
    for i in range(3):
        deliver(d, to, "203.0.113.200")
    deliver(d, to, "198.51.100.1")
    t.equal(check(d, to, "203.0.113.200")[STATUS], [b"over-rate"],
            "what LMTP delivered counts")
    d.stop()
    assert d.start()
    t.equal(check(d, to, "203.0.113.200")[STATUS], [b"over-rate"],
            "what LMTP delivered counts after a restart")
    t.equal(check(d, to, "203.0.113.201")[STATUS], [b"known"],
            "other clients are not limited after a restart")


with Imapd(CONF) as daemon:
    for name in ("alice", "bob"):
        daemon.account(name + "@example.test", "secret-a")
    for test in (test_recipients, test_senders, test_submissions,
                 test_full, test_lost_answers, test_rates, test_restart,
                 test_sent, test_export):
        test(daemon)
    top = daemon
t.equal(top.verify(), "", "the store has no faults")
t.done()
