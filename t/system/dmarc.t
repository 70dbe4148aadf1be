#!/usr/bin/env python3
"""The commands dmarc check and dmarc data: results without a server, counts
with one.
"""
import base64
import json
import os
import struct
import subprocess
import sys
import time

try:
    import dkim
except ImportError:
    # This is another python than the system's, which has the package.
    if sys.executable != "/usr/bin/python3" and \
            os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    dkim = None

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402
import request_client as sc                                     # noqa: E402
from imapd import Imapd                                       # noqa: E402
from request_client import Store, field                         # noqa: E402

t = lib.Tap()
OPS = sc.operations()
DIR = lib.scratch()
# Tags, see lib/proto/request_table.h.
ROW, DROPPED = 151, 152

ZONE = """
_dmarc.example.org TXT "v=DMARC1; p=reject; sp=quarantine; np=none"
example.org TXT "v=spf1 ip4:192.0.2.1 -all"
mail.example.org A 192.0.2.1
a.example.org A 192.0.2.1
1.2.0.192.in-addr.arpa PTR mail.example.org
_dmarc.slow.example TIMEOUT
_dmarc.tree.example TXT "v=DMARC1; p=reject; psd=y"
"""

MESSAGE = """Return-Path: <me@example.org>
From: Me <me@{domain}>
Subject: hello

hello
"""


def write(name, text):
    path = os.path.join(DIR, name)
    with open(path, "w") as f:
        f.write(text)
    return path


CONF = write("postern.conf", "hostname = mx.example.net\n")
DATA = write("zone", ZONE)


def run(*args, text=None):
    return subprocess.run([lib.POSTERN, "-c", CONF, *args], input=text,
                          capture_output=True, text=True)


def check(domain, *args, ip="192.0.2.1", conf=()):
    return run(*conf, "dmarc", "check", "--dns-data", DATA, "--ip", ip, *args,
               "-", text=MESSAGE.format(domain=domain))


def check_json(*args, **how):
    return json.loads(check(*args, "--json", **how).stdout)


def checks():
    got = check("example.org", "--helo", "mail.example.org")
    t.equal(got.returncode, 0, "the check works without a server")
    t.equal(got.stdout.split("\n")[0], "pass",
            "dmarc check prints the result first")
    value = got.stdout.split("Authentication-Results: ")[1]
    t.equal(value.split(";")[0], "mx.example.net",
             "the results have our name")
    t.ok("spf=pass" in value and "iprev=pass (mail.example.org)" in value
           and "dmarc=pass (p=reject dis=none) header.from=example.org"
           in value, "the results have every check")
    got = check_json("example.org", ip="192.0.2.2")
    t.equal((got["result"], got["disposition"], got["alignment"]),
             ("fail", "reject", "none"), "a forged message fails")
    got = check_json("a.example.org", ip="192.0.2.2")
    t.equal((got["tag"], got["disposition"]), ("sp", "quarantine"),
             "a subdomain has its own policy")
    got = check_json("gone.example.org", ip="192.0.2.2")
    t.equal((got["tag"], got["disposition"]), ("np", "none"),
             "a subdomain that does not exist has its own policy")
    got = check_json("example.org", "--from", "<x@other.example>")
    t.equal(got["result"], "fail", "--from overrides Return-Path")
    got = check_json("slow.example")
    t.equal(got["result"], "temperror", "a missing DNS answer is a temperror")
    got = check_json("a.tree.example", conf=[
        "--set", "dmarc-discovery=tree-walk"])
    t.equal((got["record"], got["organization"]),
             ("tree.example", "a.tree.example"),
             "the tree walk finds a policy")
    got = check_json("a.tree.example, x@b.example")
    t.equal((got["result"], got["domain"]), ("none", ""),
             "several addresses in From give no policy")
    t.equal(run("dmarc", "check", DATA).returncode, 2,
            "dmarc check without --ip is a usage error")
    t.match(run("dmarc", "check", "--ip", "::1", DIR + "/none").stderr,
            "none", "a missing file is named")


LISTED = """From: Me <me@example.org>\r
Subject: [list] hello\r
Date: Sat, 21 Nov 2026 12:00:00 +0000\r
Message-ID: <1@example.org>\r
\r
hello\r
-- \r
the list\r
"""


def sealed(private, results):
    """A message as list.example changed and sealed it with python3-dkim."""
    head = b"Authentication-Results: list.example; " + results.encode()
    sets = dkim.arc_sign(head + b"\r\n" + LISTED.encode(), b"s",
                         b"list.example", private, b"list.example",
                         include_headers=[b"from", b"subject", b"date"])
    return (b"".join(sets) + LISTED.encode()).decode()


def list_check(message, *conf):
    got = run(*conf, "dmarc", "check", "--json", "--dns-data", DATA,
              "--from", "bounce@list.example", "--ip", "203.0.113.5", "-",
              text=message)
    return json.loads(got.stdout)


def chains():
    """A list breaks signatures; ARC says that they were valid when it got
    them."""
    if dkim is None:
        t.skip("ARC chains override", "python3-dkim is not installed")
        return
    private = subprocess.run(["openssl", "genrsa", "-traditional", "2048"],
                             capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"],
                            input=private, capture_output=True,
                            check=True).stdout
    with open(DATA, "a") as f:
        f.write("s._domainkey.list.example TXT \"v=DKIM1; p=%s\"\n"
                % base64.b64encode(public).decode())
    trust = "--set", "arc-trusted-sealers=list.example"
    good = sealed(private, "dmarc=pass header.from=example.org")
    got = list_check(good)
    t.equal((got["result"], got["disposition"], got["arc-sealer"]),
            ("fail", "reject", ""),
            "an ARC chain of an unknown sealer changes nothing")
    got = list_check(good, *trust)
    t.equal((got["result"], got["disposition"], got["arc-sealer"]),
            ("fail", "none", "list.example"),
            "an ARC chain of a trusted sealer overrides the policy")
    text = got["authentication-results"].replace("\n\t", " ")
    t.ok("overridden by the ARC chain of list.example" in text and
         "arc=pass (i=1, sealed by list.example)" in text,
         "the override is reported",
         text)
    for found, want in (
            ("spf=pass smtp.mailfrom=me@a.example.org", "none"),
            ("dkim=fail header.d=example.org; "
             "dkim=pass header.d=example.org", "none"),
            ("dkim=pass header.d=other.example", "reject"),
            ("dmarc=pass header.from=other.example", "reject"),
            ("dmarc=pass", "reject"),
            ("dmarc=fail header.from=example.org", "reject")):
        t.equal(list_check(sealed(private, found), *trust)["disposition"],
                want, "a trusted sealer found " + found)
    got = list_check(good.replace("the list", "buy this"), *trust)
    t.equal((got["disposition"], got["arc-sealer"]), ("reject", ""),
            "a broken ARC chain overrides nothing")


def today():
    return int(time.time()) // 86400


def blob(day, messages, *fields):
    fields = list(fields) + [""] * (11 - len(fields))
    return struct.pack(">IQ", day, messages) + b"".join(
        f.encode() + b"\0" for f in fields)


def record(d, *rows, role="milter"):
    with Store(d.path("run", "store-" + role)) as c:
        return c.call(OPS["dmarc-record"],
                      b"".join(field(ROW, r) for r in rows))


def dropped(answer):
    return int.from_bytes(answer.done[DROPPED][0], "big")


def data(d, *args):
    return json.loads(d.postern("dmarc", "data", "--json", *args))


def pairs(rows):
    return [(r["from-domain"], r["count"]) for r in rows]


def counts(d):
    day = today()
    text = time.strftime("%Y-%m-%d", time.gmtime(day * 86400))
    t.equal(data(d), [], "nothing is counted yet")
    row = ("b.test", "192.0.2.1", "c.test", "b.test", "p=reject", "none",
           "pass", "fail", "", "fail mfrom c.test", "pass b.test s")
    answer = record(d, blob(day, 2, *row), blob(day, 1, "a.test"),
                    blob(day - 1, 5, "a.test"), blob(day, 3, *row),
                    blob(day - 100, 7, "old.test"))
    t.equal(dropped(answer), 7, "rows of a day that is not kept are dropped")
    t.equal(pairs(data(d, "--day", text)), [("a.test", 1), ("b.test", 5)],
            "a day has its rows by domain, with their counts added up")
    t.equal(pairs(data(d)), [("a.test", 5), ("a.test", 1), ("b.test", 5)],
            "all days together have their rows")
    got = data(d, "--day", text)[1]
    t.equal([got[k] for k in ("day", "source-ip", "envelope-domain",
                              "record-domain", "policy", "disposition",
                              "dkim-aligned", "spf-aligned", "override",
                              "spf", "dkim")],
            [text, *row[1:]], "each row has everything that a report needs")
    t.match(d.postern("dmarc", "data"), r"b\.test +192\.0\.2\.1",
            "without --json it prints a table")
    t.match(d.postern("dmarc", "data", "--day", "yesterday",
                      fail=True), "is not a date", "a day must be a date")


def bounds(d):
    day = today()
    answer = record(d, *[blob(day, 1, f"{i}.test") for i in range(4)])
    t.equal(dropped(answer), 2, "a day has at most dmarc-rows-max rows")
    for name, bad in (("cut", b"123"), ("short", blob(day, 1)[:-1]),
                      ("long", blob(day, 1) + b"x"),
                      ("wide", blob(day, 1, "x" * 300))):
        t.ok(record(d, bad).error is not None, f"a {name} row is refused")
    t.ok(record(d, blob(day, 1), role="admin").error is not None,
         "only the milter may add rows")
    with Store(d.path("run", "store-milter")) as c:
        t.ok(c.call(OPS["dmarc-data"], b"").error is not None,
             "the milter may not read rows")


def lasting(d):
    before = data(d)
    d.postern("backup", d.path("copy"))
    status, _, err = lib.run([lib.POSTERN, "-c", d.conf, "verify",
                              d.path("copy")])
    t.equal(status, 0,
            "a backup has the counts, and verify finds no fault in it")
    d.kill()
    assert d.start()
    t.equal(data(d), before, "the counts survive kill -9")


checks()
chains()
with Imapd("dmarc-rows-max = 4\n") as daemon:
    for test in (counts, bounds, lasting):
        test(daemon)
t.done()
