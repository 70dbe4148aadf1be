#!/usr/bin/env python3
"""SPF against others: the published test suite of RFC 7208, if Debian's
python3-spf has it, and pyspf on random records.  Also the output of the
commands spf check and dnsbl check.

No outside server is asked: postern gets its DNS from --dns-data, pyspf from a
function here, both from the same records.
"""
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib                                                    # noqa: E402

SUITE = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz"
CASES = 2000 if os.environ.get("POSTERN_TEST_ALL") else 150

# The modules come from Debian's packages.
if sys.executable != "/usr/bin/python3" and os.access(
        "/usr/bin/python3", os.X_OK):
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

t = lib.Tap()


# ---- zone-file lines

def escape_name(name):
    out = "".join(c if " " < c < "\x7f" and c not in '\\";()' else
                  "\\%03d" % ord(c) for c in name)
    return out or "."


def quote(text):
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    return '"%s"' % "".join(
        chr(b) if 32 <= b < 127 and b not in b'"\\' else "\\%03d" % b
        for b in data)


def line(name, kind, value):
    if kind in ("TXT", "SPF"):
        parts = value if isinstance(value, list) else [value]
        value = " ".join(map(quote, parts or [""]))
    elif kind == "MX":
        value = "%d %s" % (value[0], escape_name(value[1]))
    elif kind in ("PTR", "CNAME"):
        value = escape_name(value)
    return f"{escape_name(name)} IN {kind} {value}\n"


def check(zone, ip, sender, helo, *more):
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as f:
        f.write(zone)
        f.flush()
        p = subprocess.run(
            [lib.POSTERN, *more, "spf", "check", "--json", "--ip=" + ip,
             "--from=" + sender, "--helo=" + helo, "--dns-data=" + f.name],
            capture_output=True, text=True, timeout=60)
    if p.returncode != 0:
        return {"result": p.stderr, "explanation": None}
    return json.loads(p.stdout)


# ---- the published suite

def suite_zone(zonedata):
    zone = ""
    for name, records in zonedata.items():
        kinds = [k for r in records if isinstance(r, dict) for k in r]
        for record in records:
            if record == "TIMEOUT":
                zone += f"{escape_name(name)} TIMEOUT\n"
                continue
            (kind, value), = record.items()
            if value == "NONE":
                continue
            zone += line(name, kind, value)
            # Where the suite has only SPF, it means TXT as well.
            if kind == "SPF" and "TXT" not in kinds:
                zone += line(name, "TXT", value)
    return zone


def suite_case(zone, test):
    wanted = test["result"]
    wanted = wanted if isinstance(wanted, list) else [wanted]
    found = check(zone, test["host"], test["mailfrom"], test["helo"])
    if found["result"] not in wanted:
        return f"{found['result']}, not {wanted}: {found}"
    text = test.get("explanation")
    if text is not None and (found["explanation"] or "DEFAULT") != text:
        return f"explanation {found['explanation']!r}, not {text!r}"
    return None


def suite():
    try:
        import yaml
        with gzip.open(SUITE) as f:
            parts = list(yaml.safe_load_all(f))
    except (ImportError, OSError) as e:
        t.skip("the published suite of RFC 7208", str(e))
        return
    wrong, count = [], 0
    for part in parts:
        zone = suite_zone(part["zonedata"])
        for name, test in part["tests"].items():
            count += 1
            why = suite_case(zone, test)
            if why:
                wrong.append(f"{name}: {why}")
    t.ok(not wrong and count > 200,
         f"the published suite of RFC 7208 passes, all of {count} cases",
         "\n".join(wrong))


# ---- pyspf

HOSTS = {
    ("h.example.com", "A"): ["192.0.2.1"],
    ("h.example.com", "AAAA"): ["2001:db8::1"],
    ("o.example.com", "A"): ["198.51.100.7", "192.0.2.129"],
    ("o.example.com", "AAAA"): ["2001:db8::ffff"],
    ("alias.example.com", "CNAME"): ["h.example.com"],
    ("mx.example.com", "MX"): [(10, "o.example.com"), (20, "h.example.com")],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["o.example.com", "h.example.com"],
    ("1.2.0.192.x.example.com", "A"): ["127.0.0.2"],
    ("user.l.example.com", "A"): ["127.0.0.2"],
    ("in-addr.v.example.com", "A"): ["127.0.0.2"],
}
DOMAINS = ["h.example.com", "o.example.com", "alias.example.com",
           "mx.example.com", "gone.example.com", "%{d}", "%{o2}",
           "%{ir}.x.example.com", "%{l}.l.example.com",
           "%{v}.v.example.com", "%{h}", "h.example.com."]
BAD = ["a:", "a:192.0.2.1", "mx/33", "a/032", "ip4:192.0.2", "ip4", "ip6:x",
       "include", "foo", "all:x", "a:%{z}.com", "a:%{d", "exists",
       "ip4:192.0.2.1//32", "-", "redirect=", "exp=", "x=%{y}", "a:com",
       "ptr/24", "include:", "a:h.example.com:25", "ip6:::1/129"]


def other_domain(r, i):
    """pyspf rejects a record that names its own domain without reading it."""
    return f"r{(i + r.randrange(1, 4)) % 4}.example.com"


def random_term(r, i):
    kind = r.randrange(12)
    q = r.choice(["", "", "", "+", "-", "~", "?"])
    domain = r.choice(DOMAINS)
    if kind == 0:
        return q + "all"
    if kind == 1:
        return f"{q}include:{other_domain(r, i)}"
    if kind in (2, 3):
        bits = r.choice(["", "/24", "//64", "/24//112", "/0", "/32//128"])
        return q + r.choice(["a", "mx", "A", "Mx"]) + r.choice(
            ["", ":" + domain, ":" + domain]) + bits
    if kind == 4:
        return f"{q}ptr:{r.choice(['example.com', 'h.example.com', 'x.org'])}"
    if kind == 5:
        return f"{q}exists:{domain}"
    if kind in (6, 7):
        return q + "ip4:" + r.choice(
            ["192.0.2.1", "192.0.2.0/24", "10.0.0.0/8", "192.0.2.128/25",
             "198.51.100.0/0"])
    if kind == 8:
        return q + "ip6:" + r.choice(
            ["2001:db8::/32", "2001:db8::1", "::/0", "fe80::/10"])
    if kind == 9:
        # pyspf rejects any modifier that occurs twice.
        n = r.randrange(10**9)
        return r.choice([f"x-y{n}=z", f"x.{n}=%{{d}}", "exp=e.example.com"])
    if kind == 10:
        return f"redirect={other_domain(r, i)}"
    return r.choice(BAD) if r.randrange(3) == 0 else q + "all"


def random_records(r):
    records = {}
    for i in range(3):      # r3 has none
        n = r.choice([1, 2, 3, 4, 6, 14])
        records[f"r{i}.example.com"] = "v=spf1 " + " ".join(
            random_term(r, i) for _ in range(n))
    return records


def value_for_pyspf(kind, value):
    return (value.encode("latin-1"),) if kind == "TXT" else value


def pyspf(records, ip, sender, helo):
    import spf

    def ask(name, kind, strict=True, timeout=30):
        name = name.rstrip(".").lower()
        if kind == "TXT" and name in records:
            return [((name, kind), value_for_pyspf(kind, records[name]))]
        found = [((name, kind), value_for_pyspf(kind, v))
                 for v in HOSTS.get((name, kind), [])]
        alias = HOSTS.get((name, "CNAME"))
        if alias and not found:
            found = [((name, "CNAME"), alias[0])] + ask(alias[0], kind)
        return found
    spf.DNSLookup = ask
    return spf.query(ip, sender, helo, strict=True).check()[0]


def may_differ(found):
    """pyspf counts some look-ups as void that we do not: addresses of the
    hosts of PTR and MX.  Then both may differ about permerror."""
    return found["result"] == "permerror" or any(
        k["type"] in ("PTR", "MX") for k in found["lookups"])


def oracle():
    try:
        import spf                                            # noqa: F401
    except ImportError as e:
        t.skip("pyspf says the same", str(e))
        return
    base = "".join(line(n, k, v) for (n, k), vs in HOSTS.items() for v in vs)
    r = random.Random(7208)
    seen, wrong = {}, []
    for _ in range(CASES):
        records = random_records(r)
        zone = base + "".join(
            line(n, "TXT", [v[i:i + 255] for i in range(0, len(v), 255)])
            for n, v in records.items())
        ip = r.choice(["192.0.2.1", "192.0.2.200", "203.0.113.5",
                       "2001:db8::1", "2001:db9::1"])
        case = (ip, "user@r0.example.com", "h.example.com")
        found = check(zone, *case)
        other = pyspf(records, *case)
        seen[other] = seen.get(other, 0) + 1
        if found["result"] != other and not (
                other == "permerror" and may_differ(found)):
            wrong.append(f"{ip}: {found['result']} ({found.get('problem')}),"
                         f" pyspf {other}:\n{records}")
    t.ok(not wrong, f"pyspf says the same of {CASES} records", "\n".join(
        wrong[:10]))
    t.ok(all(seen.get(k, 0) > CASES // 100 for k in
             ("pass", "fail", "softfail", "neutral", "permerror")),
         "all results occur among them", seen)


# ---- the commands

ZONE = """
example.com TXT "v=spf1 include:a.example.com -all exp=why.example.com"
a.example.com TXT "v=spf1 ip4:192.0.2.0/24 -all"
why.example.com TXT "not from %{i}"
bad.example.com TXT "v=spf1 foo"
2.0.0.127.bl.example.com A 127.0.0.2
1.2.0.192.bl.example.com A 127.0.0.4
1.2.0.192.bl.example.com TXT "too much mail"
*.all.example.com A 127.0.0.2
"""

SPF_FAIL = """fail
explanation: not from 198.51.100.1
domain: example.com
mechanism: -all
terms with lookups: 1 of 10; void lookups: 0 of 2
lookup: TXT example.com: ok, 1 record
lookup: TXT a.example.com: ok, 1 record
lookup: TXT why.example.com: ok, 1 record
"""

SPF_BAD = """permerror
problem: the record of 'bad.example.com' has unknown mechanism in 'foo'
domain: bad.example.com
terms with lookups: 0 of 10; void lookups: 0 of 2
lookup: TXT bad.example.com: ok, 1 record
"""

LISTED = """listed
bl.example.com (block): listed 127.0.0.4: too much mail
all.example.com (block): unhealthy: it lists 127.0.0.1
"""


def command(zone, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as f:
        f.write(zone)
        f.flush()
        p = subprocess.run([lib.POSTERN, *args, "--dns-data", f.name],
                           capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout, p.stderr.replace(f.name, "FILE")


def commands():
    def says(title, wanted, zone, *args):
        found = command(zone, *args)
        t.ok(found == wanted, title, found)

    client = "spf", "check", "--ip", "198.51.100.1"
    says("a fail is explained", (0, SPF_FAIL, ""), ZONE, *client,
         "--from", "<me@example.com>", "--helo", "h")
    says("without a sender the HELO name is checked", (0, SPF_BAD, ""), ZONE,
         *client, "--helo=bad.example.com")
    code, out, _ = command(ZONE, "--set", "spf-engine=libspf2", *client,
                           "--from", "me@example.com", "--helo", "h")
    t.ok((code, out.split("\n")[0]) == (0, "fail"),
         "libspf2 gives the same result", out)
    code, out, err = command(ZONE, "spf", "check", "--from", "a@b.c")
    t.ok(code == 2 and out == "" and "--ip is missing" in err,
         "spf check without --ip is a usage error", err)
    says("an error in the file is reported with its line",
         (1, "", "postern: FILE:2: not an IPv4 address: 'b'\n"),
         "x A 192.0.2.1\na A b\n", *client, "--helo", "h")
    says("dnsbl check shows answers, and lists that are unhealthy",
         (0, LISTED, ""), ZONE, "dnsbl", "check", "192.0.2.1",
         "bl.example.com", "all.example.com=127.0.0.2-9")
    code, out, _ = command(ZONE, "--set", "dnsbl-zones=bl.example.com",
                           "--set", "dnswl-zones=bl.example.com=127.0.0.9",
                           "dnsbl", "check", "--json", "192.0.2.1")
    found = json.loads(out)
    t.ok([v["status"] for v in found["lists"]] == ["listed", "not listed"],
         "the settings define which answers count", out)
    says("an unhealthy list gives no result",
         (0, "unknown\nall.example.com (block): unhealthy: "
          "it lists 127.0.0.1\n", ""), ZONE,
         "dnsbl", "check", "192.0.2.1", "all.example.com")
    says("dnsbl check without lists is an error",
         (1, "", "postern: no lists: set dnsbl-zones or name a zone\n"),
         ZONE, "dnsbl", "check", "192.0.2.1")


suite()
oracle()
commands()
t.done()
