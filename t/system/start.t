#!/usr/bin/env python3
"""How our servers start and stop, and what they log if they cannot."""
import os
import pwd
import signal
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
from imapd import IMAPD, Imapd                                # noqa: E402
from imap_client import Imap                                  # noqa: E402
from lines import Lmtp                                        # noqa: E402

t = lib.Tap()
ROOT = os.geteuid() == 0
PASSWORD = "secret-a"
MILTER = os.path.join(lib.TOP_BUILD, "milter", "postern-milter")


def fails(title, pattern, d, *args, uid=None, program=IMAPD):
    """The program exits with status 1 and one plain sentence."""
    def become():
        if uid is not None:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
    p = subprocess.run([program, "-c", d.conf, *args], check=False,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       stdin=subprocess.DEVNULL, timeout=lib.PATIENCE,
                       preexec_fn=become)
    said = [x for x in p.stderr.decode().splitlines()
            if "level=info" not in x and "level=warn" not in x]
    t.equal(p.returncode, 1, title + ": exit status 1")
    t.equal(len(said), 1, "it logs one line")
    t.match("\n".join(said), pattern, "the line says what is wrong")


def set_conf(d, line):
    """Appends a line to the configuration.  Returns a function that removes
    it."""
    with open(d.conf, encoding="utf-8") as f:
        before = f.read()
    with open(d.conf, "w", encoding="utf-8") as f:
        f.write(before + line + "\n")

    def undo():
        with open(d.conf, "w", encoding="utf-8") as f:
            f.write(before)
    return undo


def test_options(d):
    def run(*args):
        return lib.run([IMAPD, *args])
    status, out, _ = run("--help")
    t.ok(status == 0 and out.startswith(b"usage: "), "--help prints the usage")
    status, out, err = run("--nonsense")
    t.ok(status == 2 and b"--nonsense" in err, "an unknown option is refused")
    status, out, err = run("-c", d.conf, "extra")
    t.ok(status == 2 and b"extra" in err, "an extra argument is refused")
    status, out, err = run("-c", d.conf, "-t")
    t.equal((status, err), (0, b""), "-t finds nothing wrong")
    status, out, err = run("-c", d.conf, "-t", "-o", "workers-max=0")
    t.ok(status == 1 and b"workers-max" in err,
         "-t reports a setting out of range", err)


def test_configuration(d):
    undo = set_conf(d, "recipients-max = lots")
    lines = open(d.conf, encoding="utf-8").read().count("\n")
    fails("a wrong value", rf"postern\.conf:{lines}:18: .*number", d)
    undo()
    undo = set_conf(d, "mesage-size-max = 1M")
    fails("a misspelt name", r"postern\.conf:\d+:1: .*message-size-max", d)
    undo()
    fails("no such file", r"cannot open|no such file",
          type("X", (), {"conf": "/nonexistent/postern.conf"}))


def test_surroundings(d):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", d.imap_port))
        s.listen()
        fails("a port in use",
              rf"127\.0\.0\.1:{d.imap_port}.*imap-listen.*in use", d)
    with open(d.path("file"), "w", encoding="utf-8"):
        pass
    fails("a file where a folder should be", r"file", d,
          "-o", "state-dir=" + d.path("file"))
    fails("no certificate", r"missing\.pem", d,
          "-o", "tls-cert=" + d.path("missing.pem"))
    with open(d.path("open.key"), "w", encoding="utf-8") as f:
        f.write("00000001 " + "00" * 32 + "\n")
    os.chmod(d.path("open.key"), 0o644)
    fails("a key file that all may read", r"open\.key.*everyone", d,
          "-o", "origin-key-file=" + d.path("open.key"))
    fails("a store socket on TCP", r"store-admin-listen.*Unix", d,
          "-o", "store-admin-listen=127.0.0.1:1")
    if not ROOT:
        t.skip("users that do not exist", "needs root")
        return
    fails("no such user", r"no user 'nosuchuser' "
          r"\(setting imapd-user\)", d, "-o", "imapd-user=nosuchuser")
    fails("no such user of the milter", r"nosuchuser.*milter-user", d,
          "-o", "milter-user=nosuchuser")
    os.mkdir(d.path("closed"), 0o755)
    os.chmod(d.path(), 0o755)
    fails("a folder not writable", r"closed", d,
          "-o", "state-dir=" + d.path("closed"),
          "-o", "run-dir=" + d.path("closed"),
          "-o", "tls-cert=", uid=65534)


def test_milter(d):
    """Each of these errors names its setting."""
    with open(d.path("zone"), "w", encoding="utf-8") as f:
        f.write("x A y\n")
    for name, value, pattern in (
            ("trusted-relays", "x", "'x' is not an address or network"),
            ("dns-data", d.path("zone"), "zone:1: not an IPv4 address"),
            ("origin-key-file", d.path("open.key"), "everyone"),
            ("state-dir", d.path("file"), "file"),
            ("milter-listen", "unix:" + d.path("file"), "file"),
            ("mta-socket-group", "nosuchgroup", "no group 'nosuchgroup'")):
        fails("the milter: " + name, rf"fatal: .*setting.* {name}\b.*{pattern}",
              d, "-o", f"{name}={value}", program=MILTER)


def test_two(d):
    with d:
        other = Imapd(top=d.top)
        fails("a store that is open", rf"held by process {d.process.pid}",
              other, "-o", "run-dir=" + d.path("run2"))
    d.start()
    d.kill()
    t.ok(d.start(), "after kill -9 it starts again")
    d.stop()


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return dict(x.rstrip("\n").split(":\t", 1) for x in f)


def test_privileges():
    if not ROOT:
        t.skip("it gives up root", "needs root")
        return
    d = Imapd()
    os.chmod(d.top, 0o711)
    os.chmod(d.path("key.pem"), 0o600)
    undo = set_conf(d, "mta-socket-group = uucp\nmta-socket-mode = 0660")
    text = open(d.conf, encoding="utf-8").read()
    with open(d.conf, "w", encoding="utf-8") as f:
        f.write(text.replace("imapd-user = root", "imapd-user = nobody")
                .replace("milter-user = root", "milter-user = games"))
    nobody, games = pwd.getpwnam("nobody"), pwd.getpwnam("games")
    with d:
        s = status_of(d.process.pid)
        t.equal(s["Uid"].split(), [str(nobody.pw_uid)] * 4,
                "all of its user ids are the new ones")
        t.equal(s["Gid"].split(), [str(nobody.pw_gid)] * 4,
                "all of its groups are the new ones")
        t.equal(s["NoNewPrivs"], "1", "it cannot get new privileges")
        t.equal(s["CapEff"].strip("0"), "", "it has no privileges")
        t.equal(os.stat(d.path("state", "store")).st_uid, nobody.pw_uid,
                "it owns the store")
        st = os.stat(d.path("run", "store-milter"))
        t.equal((st.st_uid, st.st_mode & 0o777), (games.pw_uid, 0o600),
                "the milter owns its socket")
        st = os.stat(d.path("run", "lmtp"))
        t.equal(st.st_mode & 0o777, 0o660, "the MTA's socket has its mode")
        t.equal(os.stat(d.path("origin.key")).st_mode & 0o777, 0o640,
                "the key file is readable by one group at most")
        d.account("alice@example.test", PASSWORD)
        with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
            t.equal(c.message("", ["alice@example.test"],
                              b"Subject: x\r\n\r\nx\r\n")[0].code, 250,
                    "mail is delivered")
    warned = [x for x in d.process.log().decode().splitlines()
              if "level=warn" in x and "fewer connections" not in x]
    t.equal(warned, [], "no warning is logged")
    undo()


def fingerprint(port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as s:
        with context.wrap_socket(s) as tls:
            return tls.getpeercert(binary_form=True)


def test_reload(d):
    with d:
        d.account("alice@example.test", PASSWORD)
        old = fingerprint(d.imaps_port)
        with Imap(d.imap_port) as box:
            box.login("alice@example.test", PASSWORD)
            d.make_certificate()
            undo = set_conf(d, "log-level = debug\nrecipients-max = 1\n"
                            "workers-max = 5")
            d.postern("reload")
            while b"configuration read again" not in d.process.log():
                box.ok("NOOP")
            t.match(d.process.log(), r"need a restart.*workers-max",
                    "a setting that needs a restart is named")
            t.ok(b"log-level" not in d.process.log().split(
                b"need a restart")[1].split(b"\n")[0],
                "other settings are not named")
            t.ok(fingerprint(d.imaps_port) != old,
                 "the new certificate is served")
            with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
                t.equal([r.code for r in c.begin("", [
                    "alice@example.test"] * 2)], [250, 250, 452],
                    "the new limit is in force")
            d.postern("account", "list")
            t.ok(b"level=debug" in d.process.log(),
                 "the new log level is in force")
            count = d.process.log().count(b"configuration")
            undo()
            undo = set_conf(d, "nonsense = 1")
            d.process.kill(signal.SIGHUP)
            while d.process.log().count(b"configuration") == count:
                box.ok("NOOP")
            t.match(d.process.log(), r"level=error.*not read again.*"
                    r"postern\.conf:\d+:1", "a wrong file changes nothing")
            undo()
            t.ok(box.ok("NOOP"), "sessions went on all the time")


def test_keys(d):
    """A new key takes effect at SIGHUP, and opens what it sealed."""
    seal = os.path.join(lib.TOP_BUILD, "t", "system", "seal_origin")

    def deliver():
        header = subprocess.run([seal, d.path("new.key"), "192.0.2.7"],
                                check=True, stdout=subprocess.PIPE).stdout
        with Lmtp(("127.0.0.1", d.lmtp_port)) as c:
            c.message("", ["alice@example.test"], header.replace(
                b"\n", b"\r\n") + b"Subject: x\r\n\r\nx\r\n")
        return d.process.log().count(b"cannot open the sealed origin")
    with d:
        d.account("alice@example.test", PASSWORD)
        t.equal(deliver(), 1, "a seal of an unknown key is not accepted")
        with open(d.path("origin.key"), encoding="utf-8") as f:
            old = f.read()
        with open(d.path("new.key"), encoding="utf-8") as f:
            new = f.read()
        with open(d.path("origin.key"), "w", encoding="utf-8") as f:
            f.write(new + old)
        d.postern("reload")
        while b"configuration read again" not in d.process.log():
            d.postern("account", "list")
        t.equal(deliver(), 1, "after SIGHUP it is accepted")


main = Imapd()
test_options(main)
test_configuration(main)
test_surroundings(main)
test_milter(main)
test_two(main)
test_privileges()
test_reload(Imapd())
test_keys(Imapd())
t.done()
