#!/usr/bin/env python3
"""The postern command with a real postern-imapd: data, backup, reload."""
import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from imap_client import Imap                                  # noqa: E402
from imapd import IMAPD, Imapd                                # noqa: E402
from lines import Lmtp                                        # noqa: E402

t = lib.Tap()
TEXT = b"From: b@far.test\r\nSubject: one\r\n\r\nhello \xc3\xbc\r\n"


def refused(d, pattern, title, *args, data=None):
    t.match(d.postern(*args, data=data, fail=True), pattern, title)


def listing(d, *args):
    return json.loads(d.postern(*args, "--json"))


def deliver(d, rcpt):
    """The reply to a message, or to its recipient."""
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        return c.message("b@far.test", [rcpt], TEXT)[0]


def test_accounts(d):
    d.postern("domain", "add", "example.test")
    d.postern("domain", "add", "b\u00fccher.test", "separator=-",
              "case-sensitive=yes")
    t.equal({r["domain"] for r in listing(d, "domain", "list")},
            {"example.test", "xn--bcher-kva.test"},
            "domains are listed by their A-labels")
    d.postern("account", "add", "jo")
    refused(d, r"^postern: .*jo.*\n$", "an account is made once",
            "account", "add", "JO")
    d.postern("password", "set", "--stdin", "jo", data=b"long enough\n")
    refused(d, r"postern: .*8", "a short password is refused", "password",
            "set", "--stdin", "jo", data=b"short\n")
    d.postern("password", "set", "--stdin", "jo", "phone",
              data=b"also long enough\n")
    rows = listing(d, "password", "list", "jo")
    t.equal([r["label"] for r in rows], ["", "phone"],
            "passwords are listed by label")
    for password in ("long enough", "also long enough"):
        with Imap(d.imap_port) as c:
            c.login("jo", password)
            t.ok(True, "one of two passwords logs in")
    d.postern("password", "remove", "jo", str(rows[1]["credential"]))
    with Imap(d.imap_port) as c:
        t.match(c.cmd('LOGIN jo "also long enough"').text,
                r"AUTHENTICATIONFAILED", "a removed password does not")
    refused(d, r"no account.*nobody|nobody", "an account that is not there",
            "account", "show", "nobody")


def test_addresses(d):
    d.postern("address", "add", "jo@example.test", "jo")
    refused(d, r"", "an address is given once", "address", "add",
            "JO@EXAMPLE.test", "jo")
    refused(d, r"separator", "an address with the separator is refused",
            "address", "add", "jo+x@example.test", "jo")
    refused(d, r"", "an address of a domain that isn't ours", "address",
            "add", "jo@far.test", "jo")
    refused(d, r"", "an address of an account that isn't there", "address",
            "add", "x@example.test", "nobody")
    t.equal(deliver(d, "other@example.test").code, 550,
            "an unknown address is refused")
    d.postern("address", "add", "@example.test", "jo", "Lists/rest")
    t.equal(deliver(d, "other@example.test").code, 250,
            "the catch-all takes it")
    t.equal(deliver(d, "Jo+detail@example.test").code, 250,
            "the separator cuts the localpart")
    boxes = {r["mailbox"]: r["messages"] for r in
             listing(d, "mailbox", "list", "jo")}
    t.equal((boxes.get("INBOX"), boxes.get("Lists/rest")), (1, 1),
            "each went to the mailbox of its address")
    d.postern("address", "add", "Jo@b\u00fccher.test", "jo")
    t.equal(deliver(d, "jo@xn--bcher-kva.test").code, 550,
            "a case-sensitive domain tells cases apart")
    t.equal(deliver(d, "Jo-x@xn--bcher-kva.test").code, 250,
            "and has its own separator")
    refused(d, r"", "a domain with addresses stays", "domain", "remove",
            "example.test")
    d.postern("domain", "set", "b\u00fccher.test", "disabled=yes")
    t.ok(deliver(d, "Jo@xn--bcher-kva.test").code >= 400,
         "a disabled domain takes no mail")
    d.postern("domain", "set", "b\u00fccher.test", "disabled=no")


def test_aliases(d):
    d.postern("account", "add", "al")
    d.postern("alias", "add", "all@example.test", "jo", "al")
    t.equal(deliver(d, "all@example.test").code, 250, "an alias takes mail")
    t.equal([r["messages"] for r in listing(d, "mailbox", "list", "al")
             if r["mailbox"] == "INBOX"], [1], "and each member gets it")
    d.postern("alias", "leave", "all@example.test", "al")
    t.equal([r["account"] for r in
             listing(d, "alias", "show", "all@example.test")], ["jo"],
            "a member leaves")
    d.postern("alias", "join", "all@example.test", "al")
    refused(d, r"", "a member that is no account", "alias", "join",
            "all@example.test", "nobody")
    refused(d, r"", "an alias over an address", "alias", "add",
            "jo@example.test", "al")


def test_mailboxes(d):
    d.postern("mailbox", "add", "jo", "Gr\u00fc\u00dfe/a b")
    d.postern("mailbox", "rename", "jo", "Gr\u00fc\u00dfe", "Neu")
    names = [r["mailbox"] for r in listing(d, "mailbox", "list", "jo")]
    t.ok("Neu/a b" in names and "Neu" in names and
         not any(n.startswith("Gr") for n in names),
         "a rename takes those below along", names)
    d.postern("mailbox", "remove", "--yes", "jo", "Neu/a b")
    rows = listing(d, "message", "list", "jo", "INBOX")
    t.equal([r["subject"] for r in rows][:1], ["one"],
            "messages are listed with their subject")
    text = lib.run([lib.POSTERN, "-c", d.conf, "message", "get", "jo",
                    "INBOX", str(rows[0]["uid"])])[1]
    t.ok(text.endswith(TEXT), "message get gives the bytes", text)
    refused(d, r"", "a message that isn't there", "message", "get", "jo",
            "INBOX", "4711")


def test_quota(d):
    d.postern("account", "set", "al", "quota-messages=1")
    t.equal(deliver(d, "all@example.test").code, 452,
            "an alias with a full member is tried again")
    t.equal(listing(d, "account", "show", "al")["used-messages"], 1,
            "an account takes no more than its quota")
    d.postern("account", "set", "al", "quota-messages=none",
              "quota-bytes=10M", "disabled=yes")
    row = listing(d, "account", "show", "al")
    t.equal((row["quota-bytes"], row["quota-messages"], row["disabled"]),
            (10 << 20, "none", True), "settings of an account are shown")
    refused(d, r"'x'", "a setting's wrong value", "account", "set", "al",
            "quota-bytes=x")
    refused(d, r"no setting 'nope'", "a setting there isn't", "account",
            "set", "al", "nope=x")


def test_export(d):
    first = d.postern("export")
    t.equal(d.postern("export"), first, "an export is always the same")
    with Imapd() as other:
        taken = other.postern("import", "--dry-run", data=first.encode())
        t.match(taken, r"0 refused", "a dry run takes every line")
        t.equal(listing(other, "account", "list"), [],
                "and changes nothing")
        other.postern("import", data=first.encode())
        t.equal(other.postern("export"), first,
                "what was imported is exported again, to the byte")
        other.postern("import", data=first.encode())
        t.equal(other.postern("export"), first, "twice is as once")
        with Imap(other.imap_port) as c:
            c.login("jo", "long enough")
            t.ok(True, "passwords come along")
        out = other.postern("import", data=b"nonsense x=1\n", fail=True)
        t.match(out, r"stdin:1: ", "a wrong line is named")


def test_backup(d):
    before = listing(d, "message", "list", "jo", "INBOX")
    folder = d.path("backup")
    t.match(d.postern("backup", folder), r"Files +\d+", "a backup is made")
    refused(d, r"not empty", "not over another", "backup", folder)
    refused(d, r"", "not where nobody may write", "backup", "/proc/x")
    t.equal(deliver(d, "jo@example.test").code, 250,
            "mail comes after the backup")
    status, out, err = lib.run([lib.POSTERN, "-c", d.conf, "verify", folder])
    t.equal((status, out), (0, b"no faults found\n"),
            "verify is content with the backup")
    with Imapd() as other:
        pass
    with open(other.conf, encoding="utf-8") as f:
        text = f.read()
    with open(other.conf, "w", encoding="utf-8") as f:
        f.write(text.replace(f"state-dir = {other.top}/state",
                             f"state-dir = {folder}"))
    with other:
        t.equal(listing(other, "message", "list", "jo", "INBOX"), before,
                "the backup is served, as it was then")


def test_reload(d):
    """The command keeps a good file: it reads one too."""
    with open(d.conf, encoding="utf-8") as f:
        text = f.read()
    theirs, d.conf = d.conf, d.path("client.conf")
    with open(d.conf, "w", encoding="utf-8") as f:
        f.write(text)
    with open(theirs, "w", encoding="utf-8") as f:
        f.write(text + "log-level = debug\nhostname2 = x\n")
    refused(d, r"/postern.conf:\d+:1: unknown setting 'hostname2'; did you "
            r"mean 'hostname'", "a wrong file is not taken, and why",
            "reload")
    t.match(d.postern("log-level"), r"info", "the old settings stay")
    with open(theirs, "w", encoding="utf-8") as f:
        f.write(text + "log-level = debug\nworkers-max = 8\n"
                "password-length-min = 20\n")
    d.postern("reload")
    with Imap(d.imap_port) as c:
        c.login("jo", "long enough")
        # Signals are handled by the loop, which has just admitted us.
        t.match(d.postern("log-level"), r"debug", "a good one is")
    t.match(d.process.log(), r'"settings that need a restart changed" '
            r"names=workers-max", "what needs a restart is named")
    refused(d, r"20", "other settings are in force", "password", "set",
            "--stdin", "jo", data=b"not so long\n")
    d.postern("log-level", "error")
    t.match(d.postern("log-level"), r"error", "the level changes by command")
    with open(theirs, "w", encoding="utf-8") as f:
        f.write(text)
    d.conf = theirs
    d.postern("reload")


def test_doors(d):
    """A socket that only its own user may open."""
    if os.geteuid() != 0:
        t.skip("another user stays outside", "needs root")
        return
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(d.path("run", "store-admin"))
            os._exit(1)
        except OSError:
            os._exit(0)
    t.equal(os.waitpid(pid, 0)[1], 0, "another user stays outside")
    status, out, err = lib.run(
        [IMAPD, "-c", d.conf, "-o", "run-dir=" + d.path("run2")]
        + [word for service in ("imap", "imaps", "lmtp")
           for word in ("-o", service + "-listen=")])
    t.equal(status, 1, "a second server on the store ends")
    t.match(err, r"postern-imapd: fatal: [^\n]*%d[^\n]*\n\Z"
            % d.process.pid, "and says who has it")
    status, out, err = lib.run(
        [IMAPD, "-c", d.conf, "-o", "run-dir=" + d.path("run2")])
    t.equal(status, 1, "a second server on a port ends")
    t.match(err, r"fatal: cannot listen on '127.0.0.1:%d' \(imap-listen\)"
            % d.imap_port, "and says which")


def test_gone(d):
    d.postern("account", "remove", "--yes", "al")
    t.equal(len(listing(d, "account", "list")), 1, "an account is removed")
    t.equal([r["address"] for r in listing(d, "address", "list")
             if r["account"] == "al"], [], "with its addresses")
    t.match(d.postern("stat"), r"(?m)^commit-operations +\d+$",
            "stat shows counters")
    refused(d, r"already open|holds it|held by process|process \d+",
            "verify wants the store for itself", "verify")


with Imapd() as daemon:
    for test in (test_accounts, test_addresses, test_aliases, test_mailboxes,
                 test_quota, test_export, test_backup, test_reload,
                 test_doors, test_gone):
        test(daemon)
t.equal(daemon.verify(), "", "the store is whole in the end")
t.done()
