"""A network for one test, and servers that play the outside world.

    import network
    network.enter("127.0.0.53")         # first: this runs the script again
    network.Dns({"far.example": {"MX": "mx.far.example"},
                 "mx.far.example": {"A": "127.0.0.25"}})
    sink = network.Sink(25, "127.0.0.25")
"""
import atexit
import os
import socket
import subprocess
import sys
import threading

import lib


ENTERED = "POSTERN_TEST_ENTERED"


def is_chrooted():
    """In a chroot the root folder is not a mount point, so that its
    propagation cannot be set."""
    with open("/proc/self/mountinfo") as f:
        return all(line.split()[4] != "/" for line in f)


def enter(nameserver=None):
    """Goes on in a network namespace where only loopback is up.

    Runs this script again; returns inside.  nameserver: the only line of
    /etc/resolv.conf there.
    """
    if os.environ.get(ENTERED):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        if nameserver is not None:
            path = os.path.join(lib.scratch(), "resolv.conf")
            with open(path, "w") as f:
                f.write("nameserver %s\noptions timeout:1 attempts:1\n"
                        % nameserver)
            if not os.path.exists("/etc/resolv.conf"):
                open("/etc/resolv.conf", "w").close()
            subprocess.run(["mount", "--bind", path, "/etc/resolv.conf"],
                           check=True)
            atexit.register(subprocess.run, ["umount", "/etc/resolv.conf"],
                            check=False)
        return
    argv = ["unshare", "--net", "--mount"]
    if is_chrooted():
        argv += ["--propagation", "unchanged"]
    if os.geteuid() != 0:
        argv += ["--map-root-user", "--map-auto"]
    rc = subprocess.run(argv + ["true"], stderr=subprocess.PIPE, check=False)
    if rc.returncode != 0:
        lib.skip_all("no network namespace: " + rc.stderr.decode().strip())
    os.environ[ENTERED] = "1"
    os.execvp(argv[0], argv + [sys.executable] + sys.argv)


class Sink(threading.Thread):
    """An SMTP server that keeps what it receives and plays the outside world.
    """

    def __init__(self, port=0, host="127.0.0.1", refuse=None):
        super().__init__(daemon=True)
        self.listener = socket.create_server((host, port))
        self.port = self.listener.getsockname()[1]
        self.refuse = refuse or (lambda recipient: None)
        self.messages = []              # (sender, recipients, bytes)
        self.came = threading.Condition()
        self.start()

    def run(self):
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        f = sock.makefile("rwb")

        def say(text):
            f.write(text.encode() + b"\r\n")
            f.flush()

        say("220 sink ESMTP")
        sender, recipients = "", []
        for line in f:
            verb = line.strip().upper()
            if verb.startswith(b"EHLO"):
                say("250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN")
            elif verb.startswith(b"MAIL"):
                sender, recipients = line.strip(), []
                say("250 ok")
            elif verb.startswith(b"RCPT"):
                reply = self.refuse(line.strip())
                if reply is None:
                    recipients.append(line.strip())
                say(reply or "250 ok")
            elif verb == b"DATA":
                say("354 go")
                data = []
                for piece in f:
                    if piece == b".\r\n":
                        break
                    data.append(piece)
                with self.came:
                    self.messages.append((sender, recipients, b"".join(data)))
                    self.came.notify_all()
                say("250 ok")
            elif verb == b"QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        sock.close()

    def wait(self, n, seconds=None):
        """Waits for n messages.  Returns whether they came."""
        with self.came:
            return self.came.wait_for(
                lambda: len(self.messages) >= n,
                lib.PATIENCE if seconds is None else seconds)

    def close(self):
        self.listener.close()


class Outside:
    """An interface that has the default route and leads nowhere."""

    def __init__(self, address="192.0.2.1/24", name="outside0"):
        self.name = name

        def ip(*args):
            return subprocess.run(["ip"] + list(args), check=False,
                                  stderr=subprocess.DEVNULL).returncode == 0

        # Neighbor discovery would be counted.
        for which in ("default", "all"):
            path = "/proc/sys/net/ipv6/conf/%s/disable_ipv6" % which
            if os.path.exists(path):
                with open(path, "w") as f:
                    f.write("1\n")
        if not ip("link", "add", name, "type", "dummy"):
            # Without the dummy driver use a veth pair.
            if not ip("link", "add", name, "type", "veth", "peer", "name",
                      "nowhere0") or not ip("link", "set", "nowhere0", "up"):
                lib.skip_all("neither a dummy nor a veth interface can be made")
        for args in (("address", "add", address, "dev", name),
                     ("link", "set", name, "up"),
                     ("route", "add", "default", "dev", name)):
            if not ip(*args):
                raise RuntimeError("ip " + " ".join(args))

    def sent(self):
        """The number of packets sent.  (/sys would show another namespace.)"""
        with open("/proc/net/dev") as f:
            for line in f:
                name, _, counts = line.partition(":")
                if name.strip() == self.name:
                    return int(counts.split()[9])
        raise RuntimeError("no interface " + self.name)


class Dns(threading.Thread):
    """Answers A and MX from a table; everything else doesn't exist.

    zone: {"far.example": {"MX": "mx.far.example"},
           "mx.far.example": {"A": "127.0.0.25"}}
    """

    TYPES = {1: "A", 15: "MX"}

    def __init__(self, zone, host="127.0.0.53", port=53):
        super().__init__(daemon=True)
        self.zone = zone
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.start()

    @staticmethod
    def name(text):
        return b"".join(bytes([len(part)]) + part.encode()
                        for part in text.split(".")) + b"\0"

    def answer(self, query):
        end = query.index(b"\0", 12) + 1
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = int.from_bytes(query[end:end + 2], "big")
        known = self.zone.get(".".join(labels).lower())
        value = (known or {}).get(self.TYPES.get(kind, ""))
        data = b""
        if value is not None and kind == 1:
            data = socket.inet_aton(value)
        elif value is not None:
            data = b"\0\5" + self.name(value)
        flags = 0x8580 if known is not None else 0x8583
        head = query[:2] + flags.to_bytes(2, "big") + b"\0\1" + \
            (b"\0\1" if data else b"\0\0") + b"\0\0\0\0"
        out = head + query[12:end + 4]
        if data:
            out += b"\xc0\x0c" + query[end:end + 2] + b"\0\1\0\0\0\x3c" + \
                len(data).to_bytes(2, "big") + data
        return out

    def run(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            try:
                self.sock.sendto(self.answer(query), peer)
            except (ValueError, IndexError, OSError):
                # Not a query, or nobody waits for the answer.
                pass
