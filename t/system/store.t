#!/usr/bin/env python3
"""The store protocol: roles, users, the operations, and hostile bytes."""
import os
import random
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
import request_client as sc                                     # noqa: E402
from imapd import Imapd                                       # noqa: E402
from lines import Lmtp                                        # noqa: E402
from request_client import Store, field, frame                  # noqa: E402

t = lib.Tap()
OPS = sc.operations()
PASSWORD = "secret-a"
# Tags, see lib/proto/request_table.h.
NAME, VALUE, ACCOUNT, ACCOUNT_PASSWORD, ADDRESS = 10, 11, 30, 36, 43
LABEL, MAILBOX, UID, FOLDER, LINE, NUMBER = 13, 60, 71, 90, 92, 93
DRY_RUN, LEVEL, COUNT, STATUS, VERDICT = 94, 95, 17, 19, 114
ORIGIN, RECIPIENT, HEADER, SIZE, EXPLANATION = 110, 111, 112, 72, 116
REASON, SHA256 = 115, 118


def dial(d, role):
    return Store(d.path("run", "store-" + role))


def test_manual():
    want = subprocess.run(
        [os.path.join(lib.TOP_BUILD, "t", "system", "request_list"), "-m"],
        check=True, stdout=subprocess.PIPE).stdout.decode()
    with open(os.path.join(lib.TOP_SRC, "man", "postern-store-protocol.7"),
              encoding="utf-8") as f:
        page = f.read()
    t.ok('.\\" operations: begin\n' + want + '.\\" operations: end\n'
         in page, "the manual page has the operations of the table",
         "make update-man-store writes them")


def test_roles(d):
    for role, bit in (("milter", sc.MILTER), ("admin", sc.ADMIN)):
        wrong = [op for op in OPS.values() if not op.roles & bit]
        t.ok(wrong, f"there are operations that are not for {role}")
        for op in wrong:
            with dial(d, role) as c:
                e = c.call(op, sc.sample(op)).error
                t.ok(e is not None and e[:2] == (sc.REFUSED, sc.DENIED),
                     f"{op.name} is denied to {role}", e)
    for op in OPS.values():
        t.ok(op.roles & (sc.MILTER | sc.ADMIN) != sc.MILTER | sc.ADMIN,
             f"{op.name} is not for every role")
    with dial(d, "milter") as c:
        a = c.call(OPS["recipient-check"], field(ADDRESS, "a@b.test"))
        t.equal(a.done[STATUS], [b"unknown"],
                "the milter may call its operations")
        c.call(OPS["account-list"])
        a = c.call(OPS["recipient-check"],
                   field(ADDRESS, "alice@example.test"))
        t.equal(a.done[STATUS], [b"known"],
                "it may do so after a refusal, too")


def as_user(uid, fn):
    """Runs fn() in a child process of another user.  Returns its result, or
    -1."""
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            os.setgid(uid)
            os.setuid(uid)
            status = fn()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_users(d):
    if os.geteuid() != 0:
        t.skip("a wrong user is refused", "needs root")
        return

    def connect(path):
        try:
            with Store(path) as c:
                a = c.answer()
                return 1 if a.error is None else 10 + a.error.code
        except PermissionError:
            return 2

    for role in ("admin", "milter"):
        path = d.path("run", "store-" + role)
        t.equal(as_user(65534, lambda: connect(path)), 2,
                f"another user cannot open the socket of {role}")
        os.chmod(path, 0o666)
        t.equal(as_user(65534, lambda: connect(path)), 10 + sc.DENIED,
                "imapd refuses another user if the socket's mode does not")
        for op in OPS.values():
            def call(op=op):
                with Store(path) as c:
                    try:
                        c.send(frame(sc.REQUEST, op.number, 1,
                                     sc.sample(op)))
                    except OSError:
                        pass            # closed already
                    try:
                        a = c.answer()
                    except OSError:
                        return 0        # it did not read our request
                    return 0 if a.error and a.error.code == sc.DENIED else 1
            t.equal(as_user(65534, call), 0, f"{op.name} is refused, too")
        os.chmod(path, 0o600)


def test_calls(d):
    with dial(d, "admin") as c:
        a = c.call(OPS["account-create"], field(ACCOUNT, "new@example.test")
                   + field(ACCOUNT_PASSWORD, "x"))
        t.equal(a.error.code, sc.LIMIT, "a short password is refused")
        a = c.call(OPS["account-get"], field(ACCOUNT, "new@example.test"))
        t.equal(a.error.code, sc.NOT_FOUND, "no account was added")
        for _ in range(3):
            a = c.call(OPS["password-set"],
                       field(ACCOUNT, "alice@example.test")
                       + field(ACCOUNT_PASSWORD, "another one")
                       + field(LABEL, "phone"))
        t.ok(a.done, "passwords with a label are added")
        a = c.call(OPS["password-list"], field(ACCOUNT, "alice@example.test"))
        t.equal(len(a.rows), 4, "passwords are listed")
        a = c.call(OPS["account-create"],
                   field(ACCOUNT, "alice@example.test"))
        t.equal(a.error.code, sc.EXISTS, "an account cannot be added twice")
        # Many calls in one write.
        body = field(ACCOUNT, "alice@example.test")
        c.send(b"".join(frame(sc.REQUEST, OPS["account-get"].number, i, body)
                        for i in range(500)))
        t.equal([c.frame()[2] for _ in range(500)], list(range(500)),
                "pipelined calls are answered in order")


def test_messages(d):
    text = b"Subject: one\r\n\r\n" + b"0123456789abcde\r\n" * 20000
    with Lmtp(d.path("run", "lmtp")) as m:
        for _ in range(3):
            m.message("b@far.test", ["alice@example.test"], text)
    mailbox = field(ACCOUNT, "alice@example.test") + field(MAILBOX, "INBOX")
    with dial(d, "admin") as c:
        a = c.call(OPS["message-list"], mailbox)
        t.equal([int.from_bytes(r[UID][0], "big") for r in a.rows],
                [1, 2, 3], "messages are listed")
        a = c.call(OPS["message-list"], mailbox + field(UID, 3))
        t.equal(len(a.rows), 1, "messages are listed from a UID on")
        a = c.call(OPS["message-get"], mailbox + field(UID, 2))
        t.ok(a.done is not None and a.data.endswith(text)
             and len(a.rows) == 1, "a large message is sent in pieces")
        a = c.call(OPS["message-get"], mailbox + field(UID, 9))
        t.equal(a.error.code, sc.NOT_FOUND,
                "a message that does not exist is an error")
        a = c.call(OPS["message-get"], mailbox + field(UID, 0))
        t.equal(a.error.kind, sc.SYNTAX, "UID 0 is refused")


def lines_of(answer):
    return [line.decode() for r in answer.rows for line in r[LINE]]


def test_text(d):
    with dial(d, "admin") as c:
        before = lines_of(c.call(OPS["export"]))
        t.ok(len([x for x in before if x.startswith("password ")]) >= 4
             and any(x.startswith("domain example.test ") for x in before),
             "export has domains and passwords", "\n".join(before))
        a = c.call(OPS["import"], b"", "\n".join(before).encode())
        t.ok(a.done is not None and not a.rows,
             "exported data can be imported again")
        t.equal(lines_of(c.call(OPS["export"])), before,
                "the import changes nothing")
        text = """# comment
domain new.test separator=- case-sensitive=no disabled=no
account "zoë@new.test" quota-bytes=1000000
password "zoë@new.test" label="" hash={SHA512-CRYPT}$6$saltsalt$6vHbW
address zoë@new.test account=zoë@new.test mailbox="My Mail/x"
alias team@new.test member=zoë@new.test member=alice@example.test
nonsense x
account
password zoë@new.test hash=plain
address a@nowhere.test account=zoë@new.test
alias team@new.test member=nobody@new.test
"""
        a = c.call(OPS["import"], field(DRY_RUN, True), text.encode())
        t.equal([int.from_bytes(r[NUMBER][0], "big") for r in a.rows],
                [7, 8], "a dry run reports wrong lines")
        t.equal(lines_of(c.call(OPS["export"])), before,
                "a dry run changes nothing")
        a = c.call(OPS["import"], b"", text.encode())
        t.equal([int.from_bytes(r[NUMBER][0], "big") for r in a.rows],
                [7, 8, 9, 10, 11], "import reports lines that it refuses")
        t.equal(int.from_bytes(a.done[COUNT][0], "big"), 5,
                "import accepts the other lines")
        a = c.call(OPS["export"], field(ACCOUNT, "zoë@new.test"))
        got = lines_of(a)
        t.equal(len(got), 3, "one account can be exported")
        t.match(got[2], '^address zoë@new.test account=zoë@new.test '
                'mailbox="My Mail/x"$', "its export has its address")
        big = "".join(f"account u{i}@new.test quota-messages=5\n"
                      for i in range(1000))
        a = c.call(OPS["import"], b"", big.encode())
        t.equal(int.from_bytes(a.done[COUNT][0], "big"), 1000,
                "a thousand accounts are imported in one call")
        t.equal(len(c.call(OPS["account-list"]).rows), 1004,
                "all of them are listed")


def test_server(d):
    with dial(d, "admin") as c:
        names = {r[NAME][0].decode() for r in c.call(OPS["stat"]).rows}
        t.ok({"uptime-s", "connections", "commit-batches",
              "accounts"} <= names, "stat has counters", names)
        a = c.call(OPS["log-level"], field(LEVEL, "debug"))
        t.equal(a.done[LEVEL], [b"debug"], "the log level is set")
        a = c.call(OPS["log-level"], field(LEVEL, "loud"))
        t.equal(a.error.kind, sc.SYNTAX, "a wrong log level is refused")
        t.ok(c.call(OPS["reload"]).done is not None, "reload is answered")
        with open(d.conf, "a", encoding="utf-8") as f:
            f.write("imap-lisen = x\n")
        e = c.call(OPS["reload"]).error
        t.match(e.text if e else "", r"postern\.conf:\d+:1: .*imap-listen",
                "reload says where the configuration has a mistake")
        with open(d.conf, encoding="utf-8") as f:
            text = f.read().replace("imap-lisen = x\n", "")
        with open(d.conf, "w", encoding="utf-8") as f:
            f.write(text)
        a = c.call(OPS["backup"], field(FOLDER, "relative"))
        t.equal(a.error.kind, sc.SYNTAX, "a backup needs an absolute path")
        folder = d.path("backup")
        a = c.call(OPS["backup"], field(FOLDER, folder))
        t.ok(a.done is not None and len(a.rows) > 5
             and os.path.isdir(folder), "a backup is made", a.error)


def test_judge(d):
    body = (field(ORIGIN, b"0123456789abcdef" + b"\1\0\x09192.0.2.1")
            + field(RECIPIENT, "alice@example.test") + field(SIZE, 100)
            + field(HEADER, b"Subject: x\r\n\r\n"))
    with dial(d, "milter") as c:
        a = c.call(OPS["judge"], body, data=b"")
        t.equal([r[VERDICT] for r in a.rows], [[b"accept"]], "judge accepts")
        t.equal([r[REASON] for r in a.rows], [[b"no-history"]],
                "the reason is that there is no history")
        t.ok(b"192.0.2.1" in a.rows[0][EXPLANATION][0],
             "judge explains its result")
        to = ["nobody@example.test", "alice@example.test", "x@y.test"]
        a = c.call(OPS["judge"], body + b"".join(
            field(RECIPIENT, x) for x in to), data=b"feat" * 2500)
        t.equal([r[VERDICT][0] for r in a.rows],
                [b"accept", b"reject", b"accept", b"reject"],
                "each recipient has a row, in order")
        t.equal(a.rows[1][REASON], [b"unknown"], "each row has its own reason")
        a = c.call(OPS["judge"], body + b"".join(
            field(RECIPIENT, f"u{i}@example.test") for i in range(999)),
            data=b"")
        t.equal(len(a.rows), 1000, "a thousand recipients are judged")
        for why, more, data in (
                ("more than 1000 recipients", b"".join(
                    field(RECIPIENT, "x@y.test") for _ in range(1000)), b""),
                ("half a feature", b"", b"abcdef"),
                ("a short checksum", field(SHA256, b"x" * 31), b"")):
            a = c.call(OPS["judge"], body + more, data=data)
            t.equal((a.error.kind, a.rows), (sc.SYNTAX, []),
                    f"{why}: refused")
        a = c.call(OPS["judge"], body.replace(b"\1\0\x09192",
                                              b"\1\1\x09192"), data=b"")
        t.equal(a.error.kind, sc.SYNTAX, "a broken origin is refused")
    with dial(d, "milter") as c:
        a = c.call(OPS["judge"], body, data=b"x" * (131072 + 4))
        t.equal((a.error.kind, a.error.code), (sc.REFUSED, sc.LIMIT),
                "too many features are not collected")


def test_hostile(d):
    get = OPS["account-get"].number
    imp = OPS["import"].number
    good = frame(sc.REQUEST, get, 1, field(ACCOUNT, "alice@example.test"))
    rows = [
        ("a huge length", struct.pack(">I", 0xffffffff) + b"x" * 100),
        ("a length of 0", struct.pack(">I", 0) + b"x" * 100),
        ("another version", frame(sc.REQUEST, get, 1, version=9)),
        ("an unknown operation", frame(sc.REQUEST, 9999, 1)),
        ("an answer for a request", frame(sc.DONE, get, 1)),
        ("an unknown kind", frame(77, get, 1)),
        ("a missing field", frame(sc.REQUEST, get, 1)),
        ("a field too many", frame(sc.REQUEST, get, 1,
                                   field(ACCOUNT, "a") * 2)),
        ("a field that isn't its own", frame(sc.REQUEST, get, 1,
                                             field(UID, 1))),
        ("a field longer than its frame",
         frame(sc.REQUEST, get, 1, struct.pack(">HI", ACCOUNT, 99999))),
        ("a field cut off", frame(sc.REQUEST, get, 1, b"\0\x1e")),
        ("bytes that are not UTF-8", frame(sc.REQUEST, get, 1,
                                           field(ACCOUNT, b"\xff"))),
        ("a NUL in a text", frame(sc.REQUEST, get, 1,
                                  field(ACCOUNT, b"a\0b"))),
        ("data without a request", frame(sc.DATA, imp, 1, field(1, b"x"))),
        ("a request in the middle of data",
         frame(sc.REQUEST, imp, 1) + frame(sc.REQUEST, get, 2,
                                           field(ACCOUNT, "a"))),
        ("data of another call",
         frame(sc.REQUEST, imp, 1) + frame(sc.DATA, imp, 2, field(1, b"x"))),
    ]
    for title, data in rows:
        with dial(d, "admin") as c:
            c.send(data)
            a = c.answer()
            t.ok(a.error is not None and a.error.kind == sc.SYNTAX
                 and c.is_closed(), f"{title} ends the connection with an "
                 "error", a.error)
    rng = random.Random(1)
    for _ in range(50):
        with dial(d, "admin") as c:
            data = bytearray(good * 3)
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            try:
                c.send(bytes(data))
                c.sock.shutdown(1)
                c.is_closed()
            except OSError:
                pass
    with dial(d, "admin") as c:
        c.send(good[:-3])
    with dial(d, "admin") as c:
        for b in good:
            c.send(bytes([b]))
        t.ok(c.answer().done is not None, "after all that, sent byte by byte, "
             "a valid call is answered")


test_manual()
with Imapd() as daemon:
    for login in ("alice", "bob", "carol"):
        daemon.account(login + "@example.test", PASSWORD)
    for test in (test_roles, test_users, test_calls, test_messages,
                 test_text, test_server, test_judge, test_hostile):
        test(daemon)
t.done()
