#!/usr/bin/env python3
"""The postern command: its words, its output, its exit statuses.

Its requests go to a fake store in this file, which records them and gives
prepared answers, so that no server is needed.
"""
import glob
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

TOP = os.environ.get("top_builddir", "build")
SRC = os.environ.get("top_srcdir", ".")
POSTERN = os.path.join(os.path.abspath(TOP), "ctl", "postern")
DIR = tempfile.mkdtemp(prefix="postern-ctl-")
count = 0


def ok(passed, title, why=None):
    global count
    count += 1
    print(("ok" if passed else "not ok"), count, "-", title, flush=True)
    if not passed and why is not None:
        for line in str(why).splitlines():
            print("#", line)


def run(*args, stdin=""):
    env = dict(os.environ, TZ="UTC")
    env.pop("POSTERN_CONF", None)
    return subprocess.run([POSTERN, *args], input=stdin, env=env,
                          capture_output=True, text=True, timeout=60)


def check(title, args, status, out=None, err=None, stdin=""):
    """out and err are patterns; None: that stream is empty."""
    p = run(*args, stdin=stdin)
    good = p.returncode == status
    for text, pattern in ((p.stdout, out), (p.stderr, err)):
        good = good and (text == "" if pattern is None else
                         re.search(pattern, text, re.M) is not None)
    ok(good, title, f"{args}: status {p.returncode}\n{p.stdout}{p.stderr}")
    return p


def conf(text):
    path = os.path.join(DIR, "postern.conf")
    with open(path, "w") as f:
        f.write(text)
    return path


# ---- words and options

check("help lists commands", ["help"], 0, r"^  account add \[--stdin\] ACC")
check("no command is help", [], 0, r"^usage: postern")
check("--version prints one", ["--version"], 0, r"^postern \d")
check("help of a word", ["help", "alias"], 0, r"alias join")
check("help of a command", ["account", "add", "--help"], 0, r"account add")
check("an unknown command", ["zzzzzz"], 2, None, r"unknown command 'zz")
check("a mistyped command", ["acount", "list"], 2, None,
      r"did you mean 'account list'")
check("half a command", ["account"], 2, None,
      r"'account' needs one of: add, remove")
check("too few arguments", ["account", "add"], 2, None,
      r"needs more arguments\nusage: postern account add")
check("too many arguments", ["account", "list", "x"], 2, None,
      r"takes no argument 'x'")
check("an option elsewhere", ["account", "list", "--yes"], 2, None,
      r"this command has no option '--yes'")
check("an unknown option", ["-x", "stat"], 2, None, r"unknown option '-x'")
check("an option given twice that may be", ["send-test", "--to", "a",
      "--to=b", "--ip", "x"], 2, None, r"--ip: 'x' is not an IP address")
check("the commands are named where none is meant", ["zzzzzz"], 2, None,
      r"^'postern help' lists the commands$")
check("options of its own are said to be there", ["help", "send-test"], 0,
      r"--help lists the options")
check("help of a command with many options", ["send-test", "--help"], 0,
      r"(?s)^usage: postern send-test --to ADDRESS.*^  --dkim-key FILE")
for command in (["send-test", "--to", "a", "--file"], ["dkim", "check"],
                ["dkim", "sign"], ["dmarc", "check", "--ip", "::1"]):
    check("a file that is not there is no reason to come again: " +
          " ".join(command), [*command, DIR + "/none"], 1, None,
          r"cannot open '.*/none'")
check("an option without value", ["-c"], 2, None, r"'-c' needs a value")

# ---- a command that is a program of its own

for folder in ("bin", "sbin"):
    os.makedirs(os.path.join(DIR, "installed", folder))
copy = shutil.copy(POSTERN, os.path.join(DIR, "installed", "bin"))
p = subprocess.run([copy, "localserve"], capture_output=True, text=True,
                   timeout=60)
ok(p.returncode == 1 and p.stderr == "postern: 'postern-localserve' is not "
   "installed with this program\n", "a missing program is named", p)
program = os.path.join(DIR, "installed", "sbin", "postern-localserve")
with open(program, "w") as f:
    f.write('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
os.chmod(program, 0o755)
p = subprocess.run([copy, "--set", "a=b c", "localserve", "--dir", "x y",
                    "--help"], capture_output=True, text=True, timeout=60)
ok(p.returncode == 7 and p.stdout == "--set\na=b c\n--dir\nx y\n--help\n",
   "it gets settings and arguments, and its status is returned", p)
check("a wrong argument of it is answered as of any command",
      ["localserve", "--users", "x"], 2, None, r"\Apostern: --users takes a "
      r"number from 0 to 100000, not 'x'\nusage: postern localserve \[OPTION")

# ---- configuration

default = re.search(r"configuration file \((.*)\)", run().stdout).group(1)
if not os.path.exists(default):
    check("config check says that there is no file", ["config", "check"], 0,
          r"tls-cert is not set", f"there is no '{default}': checking")
    check("so does a command that finds no server",
          ["--set", "run-dir=" + DIR, "stat"], 75, None,
          rf"setting ctl-imapd; there is no '{default}', use -c for another "
          r"file\): cannot connect to 'unix:" + DIR)
good = conf("workers-max = 12\ntls-cert = cert.pem\nrun-dir = run\n"
            'hostname = "a b"\n')
check("config get of one setting is bare",
      ["-c", good, "config", "get", "hostname"], 0, r"\Aa b\n\Z")
check("config get resolves paths",
      ["-c", good, "config", "get", "tls-cert"], 0,
      r"\A%s/cert.pem\n\Z" % re.escape(DIR))
check("config get of several is a table",
      ["-c", good, "config", "get", "hostname", "workers-max"], 0,
      r"^workers-max +12$")
check("config get of an unknown setting", ["-c", good, "config", "get", "x"],
      1, None, r"unknown setting 'x'")
check("a misspelt one is guessed", ["config", "get", "workers-mx"],
      1, None, r"unknown setting 'workers-mx'; did you mean 'workers-max'\?")
check("--set wins over the file",
      ["-c", good, "--set", "workers-max=7", "config", "get", "workers-max"],
      0, r"\A7\n\Z")
check("config diff shows what differs", ["-c", good, "config", "diff"], 0,
      r"\Arun-dir = run\t# default: /run/postern\nhostname = \"a b\"")
check("a missing file that was named",
      ["-c", DIR + "/none", "config", "get"], 1, None,
      r"cannot open '.*none'")
check("a mistake has file, line and column",
      ["-c", conf("# x\n\nworkers-mx = 3\n"), "config", "check"], 1, None,
      r"postern.conf:3:1: unknown setting 'workers-mx'; did you mean "
      r"'workers-max'")
p = run("config", "defaults")
path = conf(re.sub(r"^#(?=[a-z-]+ = )", "", p.stdout, flags=re.M))
check("the printed defaults are the defaults", ["-c", path, "config", "diff"],
      0, r"\A\Z")

path = conf("imap-listen = *:143\nimaps-listen = 127.0.0.1:143\n"
            "tls-cert = none.pem\nlmtp-listen = unix:/x, unix:/x\n"
            "milter-imapd = unix:elsewhere\n"
            "run-dir = /" + "r" * 100 + "\n")
p = check("config check compares settings", ["-c", path, "config", "check"],
          1, r"postern.conf:3:\d+: error: tls-cert: cannot read '.*none.pem'")
for pattern in (r"^.*:2:\d+: error: imaps-listen: '127.0.0.1:143' is already "
                r"used by imap-listen \('\*:143'\)",
                r"error: lmtp-listen: 'unix:/x' is already used by lmtp-listen",
                r"warning: milter-imapd: '.*elsewhere' is not an address of "
                r"store-milter-listen",
                r"error: store-admin-listen: the socket path '.*' is longer"):
    ok(re.search(pattern, p.stdout, re.M) is not None,
       "config check says: " + pattern, p.stdout)
p = run("-c", path, "--json", "config", "check")
ok({"kind": "error", "setting": "tls-cert", "file": path, "line": 3}.items()
   <= [f for f in json.loads(p.stdout) if f["setting"] == "tls-cert"][0]
   .items(), "config check can print JSON", p.stdout)

path = conf("dns-data = zone\ndnsbl-zones = bl.example, a..b\n")
with open(DIR + "/zone", "w") as f:
    f.write("x A 192.0.2.1\nx A y\n")
check("config check reads dns-data", ["-c", path, "config", "check"], 1,
      r"postern.*:1:\d+: error: .*/zone:2: not an IPv4 address: 'y'")
check("config check reads the DNS lists", ["-c", path, "config", "check"], 1,
      r"postern.*:2:\d+: error: DNS list 'a..b': not a domain")
check("config check reads networks",
      ["-c", conf("own-networks = ::1, 10.0.0.1/8\n"), "config", "check"], 1,
      r":1:\d+: error: own-networks: '10.0.0.1/8' has bits after its mask")
check("config check knows a wrong resolver",
      ["-c", conf("resolver = localhost\n"), "config", "check"], 1,
      r":1:\d+: error: resolver 'localhost' is not system, recursive or "
      r"ADDRESS@PORT")

# A fake postconf stands for Postfix's.
os.mkdir(DIR + "/bin")
with open(DIR + "/bin/postconf", "w") as f:
    f.write('#!/bin/sh\n[ "$1 $2" = "-c %s/pf" ] || exit 1\n'
            'case $4 in\n'
            'message_size_limit) echo $LIMIT;;\n'
            '*_queue_lifetime) echo 20d;;\n'
            'smtpd_forbid_bare_newline) echo ${BARE:-reject};;\n'
            'milter_default_action) echo ${DEFAULT:-tempfail};;\n'
            'milter_command_timeout) echo ${WAIT:-30s};;\n'
            'smtpd_reject_unlisted_recipient) echo ${UNLISTED:-yes};;\n'
            'smtpd_recipient_restrictions) echo $ACCESS;;\nesac\n' % DIR)
os.chmod(DIR + "/bin/postconf", 0o755)
os.environ["PATH"] = DIR + "/bin:" + os.environ["PATH"]
base = "postfix-config-dir = pf\nmessage-size-max = 10M\nimaps-listen=\"\"\n"
for limit, keep, text in (
        ("10485760", "30d", r"^\S+:2:\d+: error: message-size-max is "
         r"10485760, but must be at least 65536 more than Postfix's "
         r"message_size_limit, which is 10485760$"),
        ("0", "30d", r"^\S+:2:\d+: error: Postfix accepts messages of any"),
        ("10000000", "19d", r"error: delivered-keep is shorter than "
         r"Postfix's maximal_queue_lifetime, which is 20d")):
    os.environ["LIMIT"] = limit
    check(f"config check compares with Postfix: {limit}, {keep}",
          ["-c", conf(base + f"delivered-keep = {keep}\n"), "config",
           "check"], 1, text)
os.environ["LIMIT"] = "10000000"
p = run("-c", conf(base + "delivered-keep = 20d\n"), "config", "check")
ok(p.returncode == 0 and "Postfix" not in p.stdout,
   "config check accepts a Postfix that fits", p.stdout)
for name, value, more, status, text in (
        ("BARE", "normalize", "", 0, r"warning: Postfix's "
         r"smtpd_forbid_bare_newline is 'normalize', not 'reject': a bare"),
        ("DEFAULT", "accept", "", 0, r"warning: Postfix's "
         r"milter_default_action is 'accept', not 'tempfail': while"),
        ("WAIT", "26s", "", 0, r"warning: Postfix's milter_command_timeout is "
         r"26s, but slow-delay, dns-command-deadline and "
         r"milter-imapd-timeout together are 26s: Postfix would not wait"),
        ("WAIT", "61m", "special-localparts = yes\nslow-delay = 25s\n"
         "milter-imapd-timeout = 1min\n", 0, r"^\S+:\d+:\d+: warning: "
         r"Postfix's milter_command_timeout is 61m.* special-timeout and "
         r"milter-imapd-timeout together are 3690s"),
        ("UNLISTED", "yes", "hide-unknown-recipients = yes\n", 1,
         r"^\S+:\d+:\d+: error: Postfix's smtpd_reject_unlisted_recipient "
         r"is 'yes', not 'no'"),
        ("ACCESS", "check_recipient_access socketmap:unix:map:access",
         "hide-unknown-recipients = yes\n", 1,
         r"error: Postfix looks up recipients in the map 'access'")):
    os.environ[name] = value
    check(f"config check knows Postfix's lines: {name} {value}",
          ["-c", conf(base + "delivered-keep = 20d\n" + more), "config",
           "check"], status, text)
    del os.environ[name]

# ---- requests

REQUEST, ROW, DONE, ERROR, DATA = 1, 2, 3, 4, 5


def field(tag, value):
    raw = struct.pack(">Q", value) if isinstance(value, int) and \
        not isinstance(value, bool) else bytes([value]) if \
        isinstance(value, bool) else value if isinstance(value, bytes) \
        else value.encode()
    return struct.pack(">HI", tag, len(raw)) + raw


def frame(kind, op, ident, *fields):
    body = struct.pack(">BBHI", 1, kind, op, ident) + b"".join(
        field(t, v) for t, v in fields)
    return struct.pack(">I", len(body)) + body


class Store(threading.Thread):
    """Takes requests and gives the answers that the test prepared."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.requests = []
        self.answers = {}
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen()

    def read(self, conn):
        head = conn.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            return None
        body = conn.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)
        _, kind, op, ident = struct.unpack(">BBHI", body[:8])
        fields, at = [], 8
        while at < len(body):
            tag, n = struct.unpack(">HI", body[at:at + 6])
            fields.append((tag, body[at + 6:at + 6 + n]))
            at += 6 + n
        return kind, op, ident, fields

    def run(self):
        while True:
            conn, _ = self.server.accept()
            while (message := self.read(conn)) is not None:
                kind, op, ident, fields = message
                self.requests.append((kind, op, fields))
                if kind == DATA and fields[0][1] != b"":
                    continue
                if kind == REQUEST and op == 73:    # import: data follows
                    continue
                for k, *answer in self.answers.get(op, [(DONE,)]):
                    conn.sendall(frame(k, op, ident, *answer))


server = conf("run-dir = .\n")
check("no server is status 75", ["-c", server, "stat"], 75, None,
      r"postern-imapd does not answer \(setting ctl-imapd\): cannot connect")
store = Store(DIR + "/store-admin")
store.start()


def asks(title, args, *requests, stdin="", status=0, out=None, err=None):
    """Runs a command and compares its requests."""
    store.requests.clear()
    check(title, ["-c", server, *args], status, out, err, stdin)
    got = [r for r in store.requests]
    want = [(k, op, [(t, v if isinstance(v, bytes) else v.encode())
                     for t, v in fields]) for k, op, fields in requests]
    ok(got == want, title + ": asks so", f"got  {got}\nwant {want}")


def ask(op, *fields):
    return (REQUEST, op, list(fields))


NUM = struct.Struct(">Q").pack
ACCOUNT = [(30, "jo"), (31, 0xfedcba9876543210), (16, False),
           (14, 1700000000), (32, 2**64 - 1), (33, 0), (34, 1536000),
           (35, 12), (137, 500), (138, 2**64 - 1)]
store.answers = {
    1: [(DONE, (31, 1))], 3: [(ROW, *ACCOUNT), (DONE,)],
    4: [(DONE, *ACCOUNT)], 22: [(DONE,)], 31: [(DONE,)],
    2: [(ERROR, (2, 2), (3, 1), (4, "there is no account 'xy'"))],
    13: [(ERROR, (2, 3), (3, 14), (4, "the store is busy"))],
    40: [(DONE, (37, 3))],
    12: [(ROW, (40, "b\u00fccher.example"), (41, "+"), (42, True),
          (16, False)), (DONE,)],
    70: [(ROW, (10, "commits"), (11, "7")), (ROW, (10, "state"), (11, "ok")),
         (DONE,)],
    61: [(ROW, (71, 5), (72, 9), (73, 0), (74, 0), (65, 1), (75, "\\Seen"),
          (75, "$Junk"), (76, "e"), (77, "t")),
         (DATA, (1, b"a: b\r\n")), (DATA, (1, b"\r\n\xff")),
         (DATA, (1, b"")), (DONE,)],
    72: [(ROW, (92, "one"), (92, "two")), (DONE, (17, 2))],
    73: [(ROW, (93, 2), (115, "no such word")), (DONE, (17, 1))],
    71: [(ROW, (91, "x"), (68, 5)), (ROW, (91, "y"), (68, 6)),
         (DONE, (68, 11))],
    75: [(DONE, (95, "debug"))],
    80: [(ROW, (43, "a@x.test"), (14, 1700000000), (15, 1700086400),
          (139, 3), (140, 1)), (DONE,)],
}

asks("account add", ["account", "add", "jo"], ask(1, (30, "jo")))
asks("account add --stdin", ["account", "add", "--stdin", "jo"],
     ask(1, (30, "jo"), (36, "secret pass")), stdin="secret pass\nmore\n")
asks("account list", ["account", "list"], ask(3),
     out=r"^jo +fedcba9876543210 +12 +1.5M +default +none +no +2023-11-14 2")
asks("account list for programs", ["account", "list", "--json"], ask(3),
     out=r'"quota-bytes": "none"')
asks("account show", ["account", "show", "jo"], ask(4, (30, "jo")),
     out=r"(?s)^Size +1.5M$.*^Recipients per day +500$.*per day +none$")
asks("account remove asks without terminal", ["account", "remove", "xy"],
     status=1, err=r"use --yes")
asks("account remove of none", ["account", "remove", "--yes", "xy"],
     ask(2, (30, "xy")), status=1,
     err=r"\Apostern: there is no account 'xy'\n\Z")
asks("account set", ["account", "set", "jo", "quota-bytes=10G",
                     "disabled=yes"],
     ask(5, (30, "jo"), (10, "quota-bytes"), (11, "10737418240")),
     ask(5, (30, "jo"), (10, "disabled"), (11, "yes")))
asks("account set of a size that is none",
     ["account", "set", "jo", "quota-bytes=lots"], status=1,
     err=r"quota-bytes: expected a size such as 10G, none or default, found")
asks("account set without a limit", ["account", "set", "jo",
                                     "quota-bytes=none"],
     ask(5, (30, "jo"), (10, "quota-bytes"), (11, "none")))
store.answers[5] = [(ERROR, (2, 1), (3, 1), (4, "'x' is not a number"))]
asks("account set says which value the store refuses",
     ["account", "set", "jo", "quota-messages=x"],
     ask(5, (30, "jo"), (10, "quota-messages"), (11, "x")), status=1,
     err=r"\Apostern: quota-messages: 'x' is not a number\n\Z")
del store.answers[5]
asks("account set, in words of their own",
     ["account", "set", "jo", "recipients-per-day", "500"],
     ask(5, (30, "jo"), (10, "recipients-per-day"), (11, "500")))
asks("account recipients", ["account", "recipients", "jo"],
     ask(80, (30, "jo")),
     out=r"^a@x.test +2023-11-14 [0-9:]+ +2023-11-15 [0-9:]+ +3 +1$")
asks("account set without '='", ["account", "set", "jo", "x"], status=2,
     err=r"expected NAME=VALUE, found 'x'")
asks("domain add", ["domain", "add", "example.org", "separator=-",
                    "case-sensitive=yes"],
     ask(10, (40, "example.org"), (41, "-"), (42, b"\1")))
asks("domain add of a wrong word", ["domain", "add", "d",
                                    "case-sensitive=2"],
     status=1, err=r"case-sensitive: expected yes or no, found '2'")
asks("domain list", ["domain", "list"], ask(12),
     out=r"^b\u00fccher.example  \+          yes")
asks("the server's trouble is status 75", ["domain", "set", "d", "x=y"],
     ask(13, (40, "d"), (10, "x"), (11, "y")), status=75,
     err=r"\Apostern: the store is busy\n\Z")
asks("address add", ["address", "add", "a@d", "jo", "Lists/x"],
     ask(20, (43, "a@d"), (30, "jo"), (60, "Lists/x")))
asks("address list", ["address", "list"], ask(22))
asks("address list of an account", ["address", "list", "jo@d"],
     ask(22, (30, "jo@d")))
asks("address list of a domain", ["address", "list", "@d"],
     ask(22, (40, "d")))
asks("alias add", ["alias", "add", "all@d", "a", "b", "c", "d", "e", "f"],
     ask(30, (43, "all@d"), *[(30, x) for x in "abcdef"]))
asks("alias list", ["alias", "list", "d"], status=2,
     err=r"expected @DOMAIN, found 'd'")
asks("an argument that looks like an option", ["alias", "remove", "--",
                                               "--yes"],
     ask(31, (43, "--yes")))
asks("password set", ["password", "set", "--stdin", "jo", "phone"],
     ask(40, (30, "jo"), (36, "xyzzy"), (13, "phone")), stdin="xyzzy")
asks("an empty password", ["password", "set", "--stdin", "jo"], status=1,
     stdin="\n", err=r"the password is empty")
asks("password remove", ["password", "remove", "jo", "3"],
     ask(42, (30, "jo"), (37, NUM(3))))
asks("a number that is none", ["password", "remove", "jo", "x"], status=1,
     err=r"credential: expected a number, found 'x'")
asks("mailbox rename", ["mailbox", "rename", "jo", "A", "B/C"],
     ask(53, (30, "jo"), (60, "A"), (61, "B/C")))
asks("message list", ["message", "list", "jo", "INBOX", "7", "10"],
     ask(60, (30, "jo"), (60, "INBOX"), (71, NUM(7)), (18, NUM(10))))
asks("stat", ["stat"], ask(70), out=r"^commits +7$")
asks("stat for programs", ["stat", "--json"], ask(70),
     out=r'"commits": 7,\n  "state": "ok"')
store.requests.clear()
p = subprocess.run([POSTERN, "-c", server, "message", "get", "jo", "INBOX",
                    "5"], capture_output=True, timeout=60)
ok(p.returncode == 0 and p.stdout == b"a: b\r\n\r\n\xff",
   "message get prints the message unchanged", p)
asks("message get for programs", ["message", "get", "jo", "INBOX", "5",
                                  "--json"],
     ask(61, (30, "jo"), (60, "INBOX"), (71, NUM(5))),
     out=r'"flag": \[\s+"\\\\Seen",\s+"\$Junk"')
asks("export", ["export"], ask(72), out=r"\Aone\ntwo\n\Z")
asks("export with recipients", ["export", "--recipients", "jo"],
     ask(72, (30, "jo"), (142, b"\1")), out=r"\Aone\ntwo\n\Z")
asks("import with a wrong line", ["import", "--dry-run"],
     ask(73, (94, b"\1")), (DATA, 73, [(1, "a\nb\n")]), (DATA, 73, [(1, "")]),
     stdin="a\nb\n", status=1, out=r"^1 lines imported, 1 refused$",
     err=r"\Astdin:2: no such word\n\Z")
asks("backup", ["backup", "/tmp/b"], ask(71, (90, "/tmp/b")),
     out=r"^Files +2$")
asks("log-level", ["log-level", "debug"], ask(75, (95, "debug")),
     out=r"^Level +debug$")

# ---- settings

def sources():
    for top in ("lib", "imapd", "milter", "ctl", "localserve",
                "queue-router", "webadmin"):
        for folder, _, names in os.walk(os.path.join(SRC, top)):
            for name in names:
                # config_check.c and check_postfix.c only compare settings.
                if name.endswith(".c") and \
                        not name.startswith(("check", "config_check",
                                             "settings")):
                    with open(os.path.join(folder, name)) as f:
                        yield f.read()


# settings_open_log() reads three for all programs; one is for config check.
used = set("log_level log_format log_output postfix_config_dir".split())
for text in sources():
    used.update(re.findall(r"[a-z_0-9]+", text))
table = ""
for name in sorted(glob.glob(os.path.join(SRC, "lib/config/settings_*.c"))):
    with open(name) as f:
        table += f.read()
fields = re.findall(r'^\t[A-Z_]+\("[a-z0-9-]+",\s+([a-z0-9_]+),', table, re.M)
ok(len(fields) == len(json.loads(run("--json", "config", "get").stdout)),
   "the rows of the table were found", fields)
unused = [f for f in fields if f not in used]
ok(len(fields) > 50 and not unused,
   "each setting is read by a program", unused)

# ---- manual

with open(os.path.join(SRC, "man", "postern.8")) as f:
    page = f.read()
listed = run("help").stdout
words = [re.match(r"  ([a-z-]+(?: [a-z][a-z-]*)?)", line).group(1)
         for line in listed.split("Commands:\n")[1].splitlines()
         if re.match(r"  \S", line)]
missing = [w for w in words
           if not re.search(rf"^\.It (Xo )?Ic {w}\b", page, re.M)]
ok(words and not missing, "each command is in postern(8)", missing)
# Settings that pages and error texts name: words with a hyphen, as nearly all
# settings are.
settings = set(re.findall(r'^\t[A-Z_]+\("([a-z0-9-]+)"', table, re.M))
named = set(re.findall(r'setting(?: = "|", "| )([a-z0-9]+(?:-[a-z0-9]+)+)\b',
                       re.sub(r'"\s*\n\s*"', "", "".join(sources()))))
for name in os.listdir(os.path.join(SRC, "man")):
    if re.search(r"\.[58]$", name):
        with open(os.path.join(SRC, "man", name)) as f:
            for line in re.findall(r"^\.(?:Pq )?Ic (.*)", f.read(), re.M):
                named.update(w for w in re.split(r"[ ,]+", line)
                             if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", w))
wrong = named - settings - set(words)
ok(len(named) > 50 and not wrong, "each setting that is mentioned exists",
   sorted(wrong))
if shutil.which("mandoc"):
    man = os.path.join(SRC, "man")
    pages = [os.path.join(man, p) for p in sorted(os.listdir(man))
             if re.search(r"\.\d$", p)]
    p = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages],
                       capture_output=True, text=True, timeout=60)
    ok(p.returncode == 0 and p.stdout == "", "the manual has no mdoc mistakes",
       p.stdout)
else:
    count += 1
    print("ok", count, "- the manual has no mdoc mistakes # SKIP no mandoc")

shutil.rmtree(DIR)
print(f"1..{count}")
