#!/usr/bin/env python3
"""The postern command with a real postern-imapd: accounts, addresses, mail,
export and import, backup, reload.
"""
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
    """Delivers a message.  Returns the reply to it, or to its recipient."""
    with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
        return c.message("b@far.test", [rcpt], TEXT)[0]


def test_accounts(d):
    d.postern("domain", "add", "example.test")
    d.postern("domain", "add", "b\u00fccher.test", "separator=-",
              "case-sensitive=yes")
    t.equal({r["domain"] for r in listing(d, "domain", "list")},
            {"example.test", "xn--bcher-kva.test"},
            "domains are listed with their A-labels")
    d.postern("account", "add", "jo")
    refused(d, r"^postern: .*jo.*\n$", "an account cannot be added twice",
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
                r"AUTHENTICATIONFAILED", "a removed password does not log in")
    refused(d, r"no account.*nobody|nobody",
            "an account that does not exist cannot be shown",
            "account", "show", "nobody")


def test_addresses(d):
    d.postern("address", "add", "jo@example.test", "jo")
    refused(d, r"", "an address cannot be added twice", "address", "add",
            "JO@EXAMPLE.test", "jo")
    refused(d, r"separator", "an address with the separator is refused",
            "address", "add", "jo+x@example.test", "jo")
    refused(d, r"",
            "an address in a domain that is not ours is refused", "address",
            "add", "jo@far.test", "jo")
    refused(d, r"",
            "an address for an account that does not exist is refused",
            "address",
            "add", "x@example.test", "nobody")
    t.equal(deliver(d, "other@example.test").code, 550,
            "mail to an unknown address is refused")
    d.postern("address", "add", "@example.test", "jo", "Lists/rest")
    t.equal(deliver(d, "other@example.test").code, 250,
            "with a catch-all it is accepted")
    t.equal(deliver(d, "Jo+detail@example.test").code, 250,
            "mail to a localpart with a separator is accepted")
    boxes = {r["mailbox"]: r["messages"] for r in
             listing(d, "mailbox", "list", "jo")}
    t.equal((boxes.get("INBOX"), boxes.get("Lists/rest")), (1, 1),
            "each message went to the mailbox of its address")
    d.postern("address", "add", "Jo@b\u00fccher.test", "jo")
    t.equal(deliver(d, "jo@xn--bcher-kva.test").code, 550,
            "a case-sensitive domain distinguishes upper and lower case")
    t.equal(deliver(d, "Jo-x@xn--bcher-kva.test").code, 250,
            "a domain can have its own separator")
    refused(d, r"",
            "a domain with addresses cannot be removed", "domain", "remove",
            "example.test")
    d.postern("domain", "set", "b\u00fccher.test", "disabled=yes")
    t.ok(deliver(d, "Jo@xn--bcher-kva.test").code >= 400,
         "a disabled domain accepts no mail")
    d.postern("domain", "set", "b\u00fccher.test", "disabled=no")


def test_aliases(d):
    d.postern("account", "add", "al")
    d.postern("alias", "add", "all@example.test", "jo", "al")
    t.equal(deliver(d, "all@example.test").code, 250,
            "mail to an alias is accepted")
    t.equal([r["messages"] for r in listing(d, "mailbox", "list", "al")
             if r["mailbox"] == "INBOX"], [1],
             "each member of an alias gets its mail")
    d.postern("alias", "leave", "all@example.test", "al")
    t.equal([r["account"] for r in
             listing(d, "alias", "show", "all@example.test")], ["jo"],
            "alias leave removes a member")
    d.postern("alias", "join", "all@example.test", "al")
    refused(d, r"",
            "an account that does not exist cannot join an alias",
            "alias", "join",
            "all@example.test", "nobody")
    refused(d, r"", "an alias cannot replace an address", "alias", "add",
            "jo@example.test", "al")


def test_mailboxes(d):
    d.postern("mailbox", "add", "jo", "Gr\u00fc\u00dfe/a b")
    d.postern("mailbox", "rename", "jo", "Gr\u00fc\u00dfe", "Neu")
    names = [r["mailbox"] for r in listing(d, "mailbox", "list", "jo")]
    t.ok("Neu/a b" in names and "Neu" in names and
         not any(n.startswith("Gr") for n in names),
         "a rename also renames the mailboxes below", names)
    d.postern("mailbox", "remove", "--yes", "jo", "Neu/a b")
    rows = listing(d, "message", "list", "jo", "INBOX")
    t.equal([r["subject"] for r in rows][:1], ["one"],
            "messages are listed with their subject")
    text = lib.run([lib.POSTERN, "-c", d.conf, "message", "get", "jo",
                    "INBOX", str(rows[0]["uid"])])[1]
    t.ok(text.endswith(TEXT), "message get prints the message unchanged", text)
    refused(d, r"",
            "a message that does not exist is an error",
            "message", "get", "jo",
            "INBOX", "4711")


def test_quota(d):
    d.postern("account", "set", "al", "quota-messages=1")
    t.equal(deliver(d, "all@example.test").code, 452,
            "mail to an alias with a full member is deferred")
    t.equal(listing(d, "account", "show", "al")["used-messages"], 1,
            "an account accepts no more than its quota")
    d.postern("account", "set", "al", "quota-messages=none",
              "quota-bytes=10M", "disabled=yes")
    row = listing(d, "account", "show", "al")
    t.equal((row["quota-bytes"], row["quota-messages"], row["disabled"]),
            (10 << 20, "none", True),
            "account show prints the settings of an account")
    refused(d, r"'x'",
            "a wrong value of a setting is refused", "account", "set", "al",
            "quota-bytes=x")
    refused(d, r"no setting 'nope'",
            "an unknown setting is refused", "account",
            "set", "al", "nope=x")


def test_export(d):
    first = d.postern("export")
    t.equal(d.postern("export"), first, "two exports are equal")
    with Imapd() as other:
        taken = other.postern("import", "--dry-run", data=first.encode())
        t.match(taken, r"0 refused", "a dry run of import accepts every line")
        t.equal(listing(other, "account", "list"), [],
                "a dry run changes nothing")
        other.postern("import", data=first.encode())
        t.equal(other.postern("export"), first,
                "an export of the imported data equals the original, byte for "
                "byte")
        other.postern("import", data=first.encode())
        t.equal(other.postern("export"), first,
                "importing it twice changes nothing")
        with Imap(other.imap_port) as c:
            c.login("jo", "long enough")
            t.ok(True, "passwords are imported, too")
        out = other.postern("import", data=b"nonsense x=1\n", fail=True)
        t.match(out, r"stdin:1: ", "import names a wrong line")


def test_backup(d):
    before = listing(d, "message", "list", "jo", "INBOX")
    folder = d.path("backup")
    t.match(d.postern("backup", folder), r"Files +\d+", "backup makes a copy")
    refused(d, r"not empty",
            "a backup into a folder that is not empty is refused",
            "backup", folder)
    refused(d, r"",
            "a backup into an unwritable folder is refused",
            "backup", "/proc/x")
    t.equal(deliver(d, "jo@example.test").code, 250,
            "mail is accepted after the backup")
    status, out, err = lib.run([lib.POSTERN, "-c", d.conf, "verify", folder])
    t.equal((status, out), (0, b"no faults found\n"),
            "verify finds no fault in the backup")
    with Imapd() as other:
        pass
    with open(other.conf, encoding="utf-8") as f:
        text = f.read()
    with open(other.conf, "w", encoding="utf-8") as f:
        f.write(text.replace(f"state-dir = {other.top}/state",
                             f"state-dir = {folder}"))
    with other:
        t.equal(listing(other, "message", "list", "jo", "INBOX"), before,
                "the backup can be served and has the data of that time")


def test_reload(d):
    """SIGHUP and the reload request; the command itself reads a good file."""
    with open(d.conf, encoding="utf-8") as f:
        text = f.read()
    theirs, d.conf = d.conf, d.path("client.conf")
    with open(d.conf, "w", encoding="utf-8") as f:
        f.write(text)
    with open(theirs, "w", encoding="utf-8") as f:
        f.write(text + "log-level = debug\nhostname2 = x\n")
    refused(d, r"/postern.conf:\d+:1: unknown setting 'hostname2'; did you "
            r"mean 'hostname'",
            "reload refuses a file with a mistake and names it",
            "reload")
    t.match(d.postern("log-level"), r"info", "the old settings stay in force")
    with open(theirs, "w", encoding="utf-8") as f:
        f.write(text + "log-level = debug\nworkers-max = 8\n"
                "password-length-min = 20\n")
    d.postern("reload")
    with Imap(d.imap_port) as c:
        c.login("jo", "long enough")
        # Signals are handled by the event loop, which has just admitted us.
        t.match(d.postern("log-level"), r"debug",
                "a good file is loaded at SIGHUP")
    t.match(d.process.log(), r'"settings that need a restart changed" '
            r"names=workers-max",
            "reload names the settings that need a restart")
    refused(d, r"20", "other settings take effect at once", "password", "set",
            "--stdin", "jo", data=b"not so long\n")
    d.postern("log-level", "error")
    t.match(d.postern("log-level"), r"error",
            "log-level changes the level of the log")
    with open(theirs, "w", encoding="utf-8") as f:
        f.write(text)
    d.conf = theirs
    d.postern("reload")


def test_doors(d):
    """Sockets that only their owner may open, and servers that find theirs in
    use."""
    if os.geteuid() != 0:
        t.skip("another user cannot open the socket", "needs root")
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
    t.equal(os.waitpid(pid, 0)[1], 0, "another user cannot open the socket")
    status, out, err = lib.run(
        [IMAPD, "-c", d.conf, "-o", "run-dir=" + d.path("run2")]
        + [word for service in ("imap", "imaps", "lmtp")
           for word in ("-o", service + "-listen=")])
    t.equal(status, 1, "a second server on the same store exits")
    t.match(err, r"postern-imapd: fatal: [^\n]*%d[^\n]*\n\Z"
            % d.process.pid,
            "a second server on the same store names the process that holds "
            "it")
    status, out, err = lib.run(
        [IMAPD, "-c", d.conf, "-o", "run-dir=" + d.path("run2")])
    t.equal(status, 1, "a second server on the same port exits")
    t.match(err, r"fatal: cannot listen on '127.0.0.1:%d' \(imap-listen\)"
            % d.imap_port, "a second server on the same port names the port")


def test_gone(d):
    d.postern("account", "remove", "--yes", "al")
    t.equal(len(listing(d, "account", "list")), 1, "an account is removed")
    t.equal([r["address"] for r in listing(d, "address", "list")
             if r["account"] == "al"], [], "its addresses are removed with it")
    t.match(d.postern("stat"), r"(?m)^commit-operations +\d+$",
            "stat shows counters")
    refused(d, r"already open|holds it|held by process|process \d+",
            "verify refuses a store that is in use", "verify")


with Imapd() as daemon:
    for test in (test_accounts, test_addresses, test_aliases, test_mailboxes,
                 test_quota, test_export, test_backup, test_reload,
                 test_doors, test_gone):
        test(daemon)
t.equal(daemon.verify(), "", "the store has no faults in the end")
t.done()
