#!/usr/bin/env python3
"""What filters cost a Postfix: messages a second and added time.

    t/bench/milter.py [--build DIR] [--rounds N] [--messages N] [--quick]
                      [--recipients N]

One private Postfix (postern localserve's) with an SMTP port for each filter:
none; a libmilter that does nothing; postern-milter with all checks (SPF,
DKIM, DMARC, reverse DNS, limits, imapd's answers); and, where Debian's
packages are installed, rspamd with only its SPF, DKIM and DMARC modules, and
opendkim, which verifies DKIM alone.  Postfix's smtp-source sends a signed
message of 10 KB, one for each connection; what is accepted is discarded.  All
find the same DNS data.  Filters take turns, and the table shows medians.

This is not a test: it says how fast, not whether it is right.  It has to be
run as root (rspamd and Postfix change users), and sends nothing beyond
loopback.

imapd answers Postfix's look-ups too, whatever the filter.  With --recipients
each message has so many, and they are ours: then imapd is asked about each at
RCPT, and judges the message for all of them.
"""
import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

ZONE = """localhost A 127.0.0.1
1.0.0.127.in-addr.arpa PTR localhost
test.example MX 10 localhost
 TXT "v=spf1 ip4:127.0.0.0/8 -all"
_dmarc.test.example TXT "v=DMARC1; p=reject"
mail.test.example A 127.0.0.1
 TXT "v=spf1 a -all"
"""

UNLIMITED = ["connection-rate-limit", "open-connections-limit",
             "delivery-messages-per-minute", "delivery-messages-per-day",
             "delivery-bytes-per-minute", "delivery-bytes-per-day"]

RSPAMD = """
options {
  filters = "dkim";
  local_addrs = [];
  check_local = true;
  check_authed = true;
  dns { nameserver = ["127.0.0.1:%(dns)d:1"]; timeout = 5s; sockets = 16; }
  dynamic_conf = "%(dir)s/dynamic";
  tempdir = "%(dir)s";
  rrd = "%(dir)s/rrd";
  stats_file = "%(dir)s/stats";
  hs_cache_dir = "%(dir)s";
  pidfile = "%(dir)s/pid";
}
logging { type = "file"; filename = "%(dir)s/log"; level = "warning"; }
lua = "%(share)s/rules/rspamd.lua";
modules {
  path = "%(share)s/plugins/spf.lua";
  path = "%(share)s/plugins/dmarc.lua";
}
spf { check_local = true; check_authed = true; }
dkim { check_local = true; check_authed = true; }
dmarc { check_local = true; check_authed = true; }
actions { reject = 1000; add_header = 900; greylist = 800; }
worker "rspamd_proxy" {
  bind_socket = "%(dir)s/socket mode=0666";
  bind_socket = "127.0.0.1:%(tcp)d";
  milter = yes;
  timeout = 60s;
  count = 2;
  upstream "local" { default = yes; self_scan = yes; }
}
"""


def options():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=os.path.join(TOP, "build", "bench"))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--messages", type=int, default=1000)
    p.add_argument("--parallel", type=int, default=20)
    p.add_argument("--recipients", type=int, default=0)
    p.add_argument("--quick", action="store_true")
    o = p.parse_args()
    if o.quick:
        o.rounds, o.messages = 1, 200
    return o


def build(folder):
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(os.path.join(folder, "Makefile")):
        subprocess.run([os.path.join(TOP, "configure"), "-q",
                        "CFLAGS=-O2 -g"], cwd=folder, check=True)
    subprocess.run(["make", "-s", "-j%d" % os.cpu_count(), "all",
                    "t/bench/noop_milter", "t/bench/dns_server"],
                   cwd=folder, check=True)


def wait_socket(path, process):
    """Waits until the filter listens; then Postfix may use its socket."""
    until = time.monotonic() + 180      # rspamd compiles many patterns
    while not os.path.exists(path):
        if process.poll() is not None or time.monotonic() > until:
            return False
        time.sleep(0.05)
    time.sleep(0.5)
    os.chmod(path, 0o777)
    return True


def wait_port(port):
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


class Filter:
    """One column: a socket for Postfix, and the processes to be timed."""

    def __init__(self, name, milter, process=None, pid=None):
        self.name = name
        self.milter = milter
        self.process = process
        self.pid = pid or (process.pid if process else None)
        self.port = None
        self.rates, self.times, self.cpu, self.imapd = [], [], [], []


def cpu_seconds(pid):
    """CPU seconds of the process and its children."""
    if pid is None:
        return 0.0
    children = subprocess.run(["pgrep", "-P", str(pid)],
                              stdout=subprocess.PIPE, check=False)
    total = 0
    for p in [str(pid)] + children.stdout.decode().split():
        with open("/proc/%s/stat" % p) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def start_noop(o, tmp):
    path = os.path.join(tmp, "noop")
    p = subprocess.Popen([o.build + "/t/bench/noop_milter", "local:" + path])
    return Filter("no-op", "unix:" + path, p) if wait_socket(path, p) \
        else None


def start_opendkim(tmp, record):
    if shutil.which("opendkim") is None:
        return None
    path, data = os.path.join(tmp, "opendkim"), os.path.join(tmp, "od-dns")
    conf = os.path.join(tmp, "opendkim.conf")
    with open(data, "w") as f:
        f.write("%s %s\n" % record)
    with open(conf, "w") as f:
        f.write("Mode v\nSocket local:%s\nUMask 000\nSyslog no\n"
                "TestDNSData file:%s\nInternalHosts 203.0.113.1\n"
                "ExternalIgnoreList 203.0.113.1\n" % (path, data))
    p = subprocess.Popen(["opendkim", "-f", "-x", conf])
    return Filter("opendkim", "unix:" + path, p) if wait_socket(path, p) \
        else None


def start_rspamd(tmp, dns, tcp):
    """Starts rspamd on a Unix socket or on TCP, as its manual says."""
    if shutil.which("rspamd") is None:
        return []
    folder = os.path.join(tmp, "rspamd")
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    conf = os.path.join(folder, "rspamd.conf")
    with open(conf, "w") as f:
        f.write(RSPAMD % {"dns": dns, "dir": folder, "tcp": tcp,
                          "share": "/usr/share/rspamd"})
    p = subprocess.Popen(["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd",
                          "-c", conf], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    path = os.path.join(folder, "socket")
    if not wait_socket(path, p):
        return []
    return [Filter("rspamd", "unix:" + path, p),
            Filter("rspamd tcp", "inet:127.0.0.1:%d" % tcp, pid=p.pid)]


def make_message(ls, tmp):
    """Makes a signed message of 10 KB.  Returns its file and the record of its
    key."""
    status, out, err = ls.postern("dkim", "gen", "--type", "rsa",
                                  "--selector", "bench", "test.example")
    if status != 0:
        sys.exit(err.decode())
    plain, done = os.path.join(tmp, "plain"), os.path.join(tmp, "message")
    with open(plain, "w", newline="") as f:
        f.write("From: <sender@test.example>\r\nTo: <you@bench.example>\r\n"
                "Subject: a benchmark\r\n"
                "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
                "Message-ID: <1@test.example>\r\n\r\n")
        for i in range(140):
            f.write("line %3d of a text that somebody might have written, "
                    "or so it seems\r\n" % i)
    status, signed, err = ls.postern("dkim", "sign", plain)
    if status != 0:
        sys.exit(err.decode())
    # smtp-source reads lines with the system's line ends.
    with open(done, "wb") as f:
        f.write(signed.replace(b"\r\n", b"\n"))
    return done, out.decode()


def record_text(lines):
    """(name, text) of the TXT record that `dkim gen' printed."""
    data = [line for line in lines.splitlines()
            if line.strip() and not line.lstrip().startswith(";")]
    return data[0].split()[0], "".join("\n".join(data).split('"')[1::2])


def add_ports(ls, filters, free_port):
    """Adds an smtpd for each filter; accepted mail is discarded."""
    folder = os.path.join(ls.dir, "postfix")
    with open(os.path.join(folder, "master.cf"), "a") as f:
        for x in filters:
            x.port = free_port()
            f.write("127.0.0.1:%d inet n - n - - smtpd\n"
                    "    -o { smtpd_milters = %s }\n"
                    "    -o smtpd_peername_lookup=no\n"
                    % (x.port, x.milter))
    path = os.path.join(folder, "main.cf")
    with open(path) as f:
        lines = f.read()
    with open(path, "w") as f:
        f.write(lines.replace(
            "transport_maps = ",
            "transport_maps = inline:{{bench.example = discard:},"
            "{localhost = discard:}}, "))
    os.kill(ls.pid_of("postfix"), signal.SIGHUP)
    for x in filters:
        wait_port(x.port)


def send(ls, x, message, count, parallel, recipients=0):
    """Sends the messages.  Returns seconds, and CPU seconds of the filter and
    of postern-imapd."""
    root = ls.postfix
    env = dict(os.environ, LD_LIBRARY_PATH=root + "/usr/lib/postfix")
    pids = x.pid, ls.pid_of("postern-imapd")
    cpu, begin = [cpu_seconds(p) for p in pids], time.monotonic()
    to = ["-t", "you@bench.example"]
    if recipients > 0:      # "1you@localhost" and so on: the catch-all's
        to = ["-r", str(recipients), "-t", "you@localhost"]
    subprocess.run([root + "/usr/sbin/smtp-source", "-s", str(parallel),
                    "-m", str(count), "-f", "sender@test.example",
                    *to, "-M", "mail.test.example",
                    "-F", message, "127.0.0.1:%d" % x.port],
                   env=env, check=True, timeout=600)
    seconds = time.monotonic() - begin
    return seconds, [cpu_seconds(p) - c for p, c in zip(pids, cpu)]


def drain(ls):
    """Waits until Postfix has discarded what it accepted: that would slow down
    the next run."""
    queue = os.path.join(ls.dir, "spool")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        left = sum(len(files) for d in ("incoming", "active", "maildrop")
                   for _, _, files in os.walk(os.path.join(queue, d)))
        if left == 0:
            return
        time.sleep(0.05)


def warm_up(ls, x, message):
    """rspamd refuses mail for some seconds after its start."""
    until = time.monotonic() + 60
    while True:
        try:
            send(ls, x, message, 40, 10)
            return
        except subprocess.CalledProcessError:
            if time.monotonic() > until:
                raise
            time.sleep(1)


def measure(o, ls, filters, message):
    single = max(50, o.messages // 5)
    for x in filters:
        warm_up(ls, x, message)
    for _ in range(o.rounds):
        for x in filters:
            drain(ls)
            seconds, cpu = send(ls, x, message, o.messages, o.parallel,
                                o.recipients)
            x.rates.append(o.messages / seconds)
            x.cpu.append(cpu[0] * 1000 / o.messages)
            x.imapd.append(cpu[1] * 1000 / o.messages)
        for x in filters:
            drain(ls)
            seconds, _ = send(ls, x, message, single, 1, o.recipients)
            x.times.append(seconds * 1000 / single)


def report(o, filters):
    none = statistics.median(filters[0].times)
    noop = next((statistics.median(x.rates) for x in filters
                 if x.name == "no-op"), 0)
    print("%-10s %14s %10s %12s %10s %14s %13s" % (
        "filter", "msgs/s (%d)" % o.parallel, "to no-op", "ms each (1)",
        "added ms", "filter CPU ms", "imapd CPU ms"))
    for x in filters:
        rate, ms = statistics.median(x.rates), statistics.median(x.times)
        print("%-10s %14.0f %10.2f %12.2f %10.2f %14.2f %13.2f" % (
            x.name, rate, rate / noop if noop else 0, ms, ms - none,
            statistics.median(x.cpu), statistics.median(x.imapd)))


def run(o, lib, tmp):
    zone = os.path.join(tmp, "zone")
    with open(zone, "w") as f:
        f.write(ZONE)
    t = lib.Tap()
    sets = ["--set", "own-networks=", "--set", "dns-data=" + zone]
    for name in UNLIMITED:
        sets += ["--set", name + "=0, 0, 0"]
    with lib.Localserve(t, *sets) as ls:
        message, record = make_message(ls, tmp)
        with open(zone, "a") as f:
            f.write(record)
        os.kill(ls.pid_of("postern-milter"), signal.SIGHUP)
        port = lib.free_port()
        dns = subprocess.Popen([o.build + "/t/bench/dns_server", zone,
                                str(port)])
        filters = [Filter("none", ""), start_noop(o, tmp),
                   Filter("postern", "unix:postern/milter",
                          pid=ls.pid_of("postern-milter"))]
        filters += start_rspamd(tmp, port, lib.free_port())
        filters += [start_opendkim(tmp, record_text(record))]
        filters = [x for x in filters if x is not None]
        try:
            add_ports(ls, filters, lib.free_port)
            measure(o, ls, filters, message)
        finally:
            for x in filters:
                if x.process is not None:
                    x.process.terminate()
                    x.process.wait()
            dns.kill()
            dns.wait()
        report(o, filters)


def main():
    o = options()
    build(o.build)
    os.environ["top_srcdir"] = TOP
    os.environ["top_builddir"] = o.build
    sys.path.insert(0, os.path.join(TOP, "t", "system"))
    import lib
    tmp = lib.scratch()
    os.chmod(tmp, 0o755)
    run(o, lib, tmp)


main()
