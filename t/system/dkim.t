#!/usr/bin/env python3
"""DKIM and ARC against an independent implementation, python3-dkim.

python3-dkim verifies what postern signs and seals, and postern verifies what
python3-dkim signs and seals.  The DNS is a file; no outside server is asked.
"""
import os
import subprocess
import sys

try:
    import dkim
except ImportError:
    # This is another python than the system's, which has the package.
    if sys.executable != "/usr/bin/python3":
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("1..0 # SKIP python3-dkim is not installed")
    sys.exit(0)

import base64
import json
import pwd
import shutil
import stat
import tempfile
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

import tap

TOP = os.environ.get("top_builddir", "build")
POSTERN = os.path.join(os.path.abspath(TOP), "ctl", "postern")
DIR = tempfile.mkdtemp(prefix="postern-dkim-")
CONF = os.path.join(DIR, "postern.conf")
KEYS = os.path.join(DIR, "keys")

MESSAGE = b"""Received: from a.example
\tby b.example; Thu, 1 Jan 2026 00:00:00 +0000
From: "Alice  A." <alice@example.org>
To: bob@example.net,
  carol@example.net
Subject:   folded \t
 subject
Date: Thu, 01 Jan 2026 00:00:00 +0000
Message-ID: <1@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

 leading space
trailing space \t \n
\ttabs  and   spaces
\xc3\xa4\xc3\xb6

.

""".replace(b"\n", b"\r\n")

# There is no last line without its end: no MTA passes one on, and while RFC
# 6376 3.4.4 adds the end, python3-dkim does not.
BODIES = [b"", b"\r\n", b"\r\n\r\n\r\n", b"x\r\n", b" \r\n", b" \r\n \t\r\n",
          b"a  b\r\n\r\n c \r\n\r\n", b"end \r\n \r\n", b"\t\tx y\t\r\n"]


def postern(*args, stdin=b"", status=0):
    p = subprocess.run([POSTERN, "-c", CONF, *args], input=stdin,
                       capture_output=True, timeout=120)
    assert p.returncode == status, \
        f"{args}: {p.returncode} {p.stdout!r} {p.stderr!r}"
    return p.stdout.decode()


class Dns:
    """TXT records, for python3-dkim and as a dns-data file."""

    def __init__(self):
        self.txt = {}

    def add(self, name, text):
        self.txt[name.rstrip(".").lower()] = text

    def add_zone(self, zone):
        for line in zone.splitlines():
            if line and not line.startswith(";"):
                strings = line.split('"')[1::2]
                assert all(len(s) <= 255 for s in strings), line
                self.add(line.split()[0], "".join(strings))

    def ask(self, name, timeout=5):
        name = name.decode() if isinstance(name, bytes) else name
        text = self.txt.get(name.rstrip(".").lower())
        return None if text is None else text.encode()

    def file(self):
        path = os.path.join(DIR, "zone")
        with open(path, "w") as f:
            for name, text in self.txt.items():
                parts = [text[i:i + 200] for i in range(0, len(text), 200)]
                f.write(f"{name}. 60 IN TXT "
                        + " ".join(f'"{p}"' for p in parts) + "\n")
        return path


def check(dns, message, *args):
    return json.loads(postern("--json", *args, "dkim", "check", "--dns-data",
                              dns.file(), "-", stdin=message))


def py_verifies(dns, message, idx=0):
    try:
        return dkim.DKIM(message).verify(idx=idx, dnsfunc=dns.ask)
    except dkim.DKIMException:
        return False


def results(dns, message):
    return [s["result"] for s in check(dns, message)["dkim"]]


def key(dns, kind, selector, domain):
    """Makes a key for python3-dkim and puts its record into the DNS."""
    if kind == "ed25519":
        k = ed25519.Ed25519PrivateKey.generate()
        raw = k.private_bytes(serialization.Encoding.Raw,
                              serialization.PrivateFormat.Raw,
                              serialization.NoEncryption())
        pub = k.public_key().public_bytes(serialization.Encoding.Raw,
                                          serialization.PublicFormat.Raw)
        private = base64.b64encode(raw)
    else:
        k = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = k.private_bytes(serialization.Encoding.PEM,
                                  serialization.PrivateFormat.TraditionalOpenSSL,
                                  serialization.NoEncryption())
        pub = k.public_key().public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)
    dns.add(f"{selector}._domainkey.{domain}", f"v=DKIM1; k={kind}; p="
            + base64.b64encode(pub).decode())
    return private


def py_sign(dns, message, private, kind, canon=(b"relaxed", b"relaxed"),
            **more):
    return dkim.sign(message, kind.encode(), b"example.org", private,
                     canonicalize=canon, signature_algorithm=
                     b"ed25519-sha256" if kind == "ed25519" else
                     b"rsa-sha256", **more)


# ---- tests

def keys_are_made_readable_by_nobody_else():
    zone = postern("dkim", "gen", "example.org")
    dns = Dns()
    dns.add_zone(zone)
    # Also for the name of the host, which is below it.
    assert len(dns.txt) == 4, zone
    assert "sign too" not in zone, zone
    for name, text in dns.txt.items():
        assert text.startswith("v=DKIM1; k="), text
        assert name.endswith(("._domainkey.example.org",
                              "._domainkey.mail.example.org"))
    listed = json.loads(postern("--json", "dkim", "list"))
    assert len(listed) == 4
    for k in listed:
        assert k["state"] == "active" and k["bits"] in (256, 2048), k
        path = os.path.join(KEYS, k["domain"], k["selector"] + ".key")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    again = postern("dkim", "gen", "--type", "rsa", "--selector", "x",
                    "example.org")
    assert "x._domainkey.example.org" in again and "mail" not in again, again
    assert "\n; 2 older keys of example.org sign too;" in again, again
    postern("dkim", "gen", "--type", "rsa", "--selector", "x", "example.org",
            status=1)
    os.unlink(os.path.join(KEYS, "example.org", "x.key"))


def a_key_that_others_can_read_is_refused():
    zone = postern("dkim", "gen", "--type", "ed25519", "open.example")
    selector = zone.splitlines()[1].split(".")[0]
    path = os.path.join(KEYS, "open.example", selector + ".key")
    os.chmod(path, 0o640)
    p = subprocess.run([POSTERN, "-c", CONF, "dkim", "sign", "-"],
                       input=MESSAGE.replace(b"example.org", b"open.example"),
                       capture_output=True, timeout=60)
    assert p.returncode == 1 and b"0600" in p.stderr, p.stderr
    shutil.rmtree(os.path.join(KEYS, "open.example"))


def python_verifies_what_postern_signs():
    dns = Dns()
    dns.add_zone("\n".join(
        f'{k["selector"]}._domainkey.{k["domain"]}. 1 IN TXT "{k["record"][:200]}" '
        f'"{k["record"][200:]}"'
        for k in json.loads(postern("--json", "dkim", "list", "example.org"))))
    head = MESSAGE[:MESSAGE.index(b"\r\n\r\n") + 4]
    for body in [MESSAGE[len(head):]] + BODIES:
        signed = postern("dkim", "sign", "-", stdin=head + body).encode()
        assert signed.count(b"DKIM-Signature:") == 2
        for line in signed[:signed.index(b"Received:")].split(b"\r\n"):
            assert len(line) <= 78, line
        for i in range(2):
            assert py_verifies(dns, signed, i), (i, body)
        assert results(dns, signed) == ["pass", "pass"], body
        # Oversigned: a second field on top breaks it.
        for f in (b"From: x@example.com", b"Subject: y", b"Cc: z@a.example"):
            assert not py_verifies(dns, f + b"\r\n" + signed), f
        assert not py_verifies(dns, signed + b"more\r\n")


def postern_verifies_what_python_signs():
    dns = Dns()
    for kind in ("rsa", "ed25519"):
        private = key(dns, kind, kind, "example.org")
        for head in (b"relaxed", b"simple"):
            for body in (b"relaxed", b"simple"):
                sig = py_sign(dns, MESSAGE, private, kind, (head, body))
                got = check(dns, sig + MESSAGE)["dkim"]
                assert [s["result"] for s in got] == ["pass"], (
                    kind, head, body, got)
                assert got[0]["domain"] == "example.org"
                bad = sig + MESSAGE.replace(b"tabs", b"tubs")
                assert results(dns, bad) == ["fail"]
                bad = sig + MESSAGE.replace(b"carol", b"karol")
                assert results(dns, bad) == ["fail"]


def bodies_of_all_kinds_are_the_same_to_both():
    dns = Dns()
    private = key(dns, "ed25519", "ed25519", "example.org")
    head = MESSAGE[:MESSAGE.index(b"\r\n\r\n") + 4]
    for body in BODIES:
        for canon in (b"relaxed", b"simple"):
            m = head + body
            sig = py_sign(dns, m, private, "ed25519", (b"relaxed", canon))
            assert results(dns, sig + m) == ["pass"], (canon, body)


def a_limit_counts_only_when_it_covers_the_body():
    dns = Dns()
    private = key(dns, "ed25519", "ed25519", "example.org")
    sig = py_sign(dns, MESSAGE, private, "ed25519", length=True)
    assert b"l=" in sig
    assert results(dns, sig + MESSAGE) == ["pass"]
    assert results(dns, sig + MESSAGE + b"more\r\n") == ["policy"]


def answers_of_the_dns_are_told():
    dns = Dns()
    private = key(dns, "ed25519", "ed25519", "example.org")
    m = py_sign(dns, MESSAGE, private, "ed25519") + MESSAGE

    def answer(line):
        with open(dns.file(), "a") as f:
            f.write(line + "\n")
        out = json.loads(postern("--json", "dkim", "check", "--dns-data",
                                 os.path.join(DIR, "zone"), "-", stdin=m))
        return out["dkim"][0]
    assert answer("")["secure"] is False
    got = answer("ed25519._domainkey.example.org SECURE")
    assert got["result"] == "pass" and got["secure"] is True, got
    dns.txt = {"other.example": "x"}
    assert answer("")["result"] == "permerror"
    for word in ("TIMEOUT", "SERVFAIL"):
        got = answer(f"ed25519._domainkey.example.org {word}")
        assert got["result"] == "temperror", got


def keys_belong_to_the_milter():
    if os.geteuid() != 0:
        return
    postern("--set", "milter-user=nobody", "dkim", "gen", "owned.example")
    folder = os.path.join(KEYS, "owned.example")
    uid = pwd.getpwnam("nobody").pw_uid
    # But not the folder: a compromised milter cannot change anything there.
    assert os.stat(folder).st_uid == 0
    for name in os.listdir(folder):
        assert os.stat(os.path.join(folder, name)).st_uid == uid, name
    postern("--set", "milter-user=nobody", "dkim", "rotate", "--force",
            "owned.example")
    for name in os.listdir(folder):
        st = os.stat(os.path.join(folder, name))
        assert st.st_uid == uid and stat.S_IMODE(st.st_mode) == 0o600, name


def several_from_fields_are_told():
    dns = Dns()
    private = key(dns, "ed25519", "ed25519", "example.org")
    sig = py_sign(dns, MESSAGE, private, "ed25519",
                  include_headers=[b"from", b"to"])
    out = check(dns, b"From: x@example.com\r\n" + sig + MESSAGE)
    assert out["from-fields"] == 2
    text = postern("dkim", "check", "--dns-data", dns.file(), "-",
                   stdin=b"From: x@example.com\r\n" + sig + MESSAGE)
    assert "2 From fields" in text, text


def pending_keys_say_what_comes_next():
    zone = postern("dkim", "gen", "--pending", "--type", "ed25519",
                   "later.example")
    assert zone.endswith("\n; once these records are in the DNS, run: postern "
                         "dkim rotate later.example\n"), zone


def rotation_waits_for_the_record():
    postern("dkim", "gen", "rotate.example")
    old = {k["selector"]: k for k in json.loads(
        postern("--json", "dkim", "list", "rotate.example"))}
    dns = Dns()
    dns.add("unrelated.example", "x")
    out = postern("dkim", "rotate", "--dns-data", dns.file(),
                  "rotate.example")
    assert "once these records are in the DNS" in out, out

    def states():
        return {k["selector"]: k["state"] for k in json.loads(
            postern("--json", "dkim", "list", "rotate.example"))}
    assert sorted(states().values()) == ["active"] * 2 + ["pending"] * 2
    m = MESSAGE.replace(b"example.org", b"rotate.example")
    signed = postern("dkim", "sign", "-", stdin=m)
    assert all(s in signed for s in old), signed
    # Another key at that name is not ours.
    wrong = Dns()
    for name in [l.split()[0] for l in out.splitlines()
                 if l and not l.startswith(";")]:
        key(wrong, "rsa", name.split(".")[0], "rotate.example")
    postern("dkim", "rotate", "--dns-data", wrong.file(), "rotate.example",
            status=1)
    assert sorted(states().values()) == ["active"] * 2 + ["pending"] * 2
    # Only one of the two records is published: only its key changes.
    rsa_line = [l for l in out.splitlines() if "k=rsa" in l]
    dns.add_zone("\n".join(rsa_line))
    postern("dkim", "rotate", "--dns-data", dns.file(), "rotate.example",
            status=1)
    assert sorted(states().values()) == ["active"] * 2 + ["pending",
                                                          "retired"]
    dns.add_zone(out)
    text = postern("dkim", "rotate", "--dns-data", dns.file(),
                   "rotate.example")
    assert "keep its record in the DNS until" in text, text
    now = states()
    assert all(now[s] == "retired" for s in old), now
    assert sorted(now.values()) == ["active"] * 2 + ["retired"] * 2
    signed = postern("dkim", "sign", "-", stdin=m).encode()
    assert results(dns, signed) == ["pass", "pass"]


def rotation_can_be_forced_and_removes_the_old():
    dns = Dns()
    dns.add("unrelated.example", "x")
    # The key was retired a week ago.
    for k in json.loads(postern("--json", "dkim", "list", "rotate.example")):
        if k["state"] != "retired":
            continue
        path = os.path.join(KEYS, "rotate.example", k["selector"] + ".key")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace(f"Changed: {k['changed']}",
                                 f"Changed: {int(time.time()) - 7 * 86400}"))
    out = postern("dkim", "rotate", "--force", "--dns-data", dns.file(),
                  "rotate.example")
    assert out.count("remove its record from the DNS") == 2, out
    listed = json.loads(postern("--json", "dkim", "list", "rotate.example"))
    assert sorted(k["state"] for k in listed) == ["active"] * 2 + \
        ["retired"] * 2, listed
    postern("dkim", "rotate", "nokeys.example", "--dns-data", dns.file(),
            status=1)


def seal(dns, message, domain, selector, private, results_of):
    """The message with one more ARC set, made by python3-dkim."""
    m = (b"Authentication-Results: " + domain.encode() + b"; "
         + results_of + b"\r\n" + message)
    sets = dkim.arc_sign(m, selector.encode(), domain.encode(), private,
                         domain.encode(),
                         include_headers=[b"from", b"to", b"subject", b"date",
                                          b"message-id"])
    assert sets, "python3-dkim did not seal"
    return b"".join(sets) + message


def arc_chains_of_python_are_valid():
    dns = Dns()
    keys = {d: key(dns, "rsa", "s", d) for d in
            ("one.example", "two.example", "three.example")}
    m = MESSAGE
    sealers = []
    for d in keys:
        m = seal(dns, m, d, "s", keys[d], b"spf=pass; dkim=pass; arc=none"
                 if not sealers else b"arc=pass")
        sealers.append(d)
        assert dkim.arc_verify(m, dnsfunc=dns.ask)[0] == b"pass"
        arc = check(dns, m)["arc"]
        assert arc["status"] == "pass", arc
        assert [s["domain"] for s in arc["sets"]] == sealers
        assert "spf=pass" in arc["sets"][0]["results"], arc
    # Any change breaks it for both verifiers.
    for old, new in ((b"tabs", b"tubs"), (b"Alice", b"Malice"),
                     (b"spf=pass", b"spf=fail"), (b"cv=none", b"cv=pass"),
                     (b"d=one.example", b"d=two.example")):
        bad = m.replace(old, new)
        assert bad != m
        assert check(dns, bad)["arc"]["status"] == "fail", old
        assert dkim.arc_verify(bad, dnsfunc=dns.ask)[0] != b"pass", old


def sealers_are_trusted_by_name():
    dns = Dns()
    keys = {d: key(dns, "rsa", "s", d) for d in ("list.example",
                                                 "gate.example")}
    m = seal(dns, MESSAGE, "list.example", "s", keys["list.example"],
             b"dmarc=pass")
    m = seal(dns, m, "gate.example", "s", keys["gate.example"], b"arc=pass")

    def trusted(*sealers):
        return check(dns, m, "--set", "arc-trusted-sealers="
                     + ", ".join(sealers))["arc"]["trusted"]
    assert trusted("gate.example") == "gate.example"
    assert trusted("gate.example", "list.example") == "list.example"
    assert trusted("list.example") is None
    assert trusted("example") is None


def main():
    with open(CONF, "w") as f:
        f.write(f"dkim-dir = {KEYS}\nhostname = mail.example.org\n")
    try:
        return tap.run([v for k, v in globals().items() if callable(v) and
                        k in TESTS])
    finally:
        shutil.rmtree(DIR)


TESTS = [
    "keys_are_made_readable_by_nobody_else",
    "a_key_that_others_can_read_is_refused",
    "python_verifies_what_postern_signs",
    "postern_verifies_what_python_signs",
    "bodies_of_all_kinds_are_the_same_to_both",
    "a_limit_counts_only_when_it_covers_the_body",
    "several_from_fields_are_told",
    "answers_of_the_dns_are_told",
    "keys_belong_to_the_milter",
    "pending_keys_say_what_comes_next",
    "rotation_waits_for_the_record",
    "rotation_can_be_forced_and_removes_the_old",
    "arc_chains_of_python_are_valid",
    "sealers_are_trusted_by_name",
]

if __name__ == "__main__":
    sys.exit(main())
