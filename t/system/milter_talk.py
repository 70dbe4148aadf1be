"""Talks SMTP to localserve as any client, and changes the milter's settings.
"""
import os
import signal
import socket
import time

import lib


class Talk:
    """A connection; ip: the client address that it pretends to have."""

    def __init__(self, ls, ip=None, name=None, helo=None, login=None,
                 offset=25):
        self.sock = socket.create_connection(("127.0.0.1", ls.base + offset))
        self.sock.settimeout(lib.PATIENCE)
        self.file = self.sock.makefile("rb")
        self.last = self.reply()
        if ip is not None:
            words = "XCLIENT ADDR=%s NAME=%s REVERSE_NAME=%s" % (
                "IPV6:" + ip if ":" in ip else ip,
                name or "[UNAVAILABLE]", name or "[UNAVAILABLE]")
            if login is not None:
                words += " LOGIN=" + login
            self.say(words)
        if helo is not None:
            self.say("EHLO " + helo)

    def reply(self):
        """Returns code and text; code 0: the connection was closed."""
        lines = []
        while True:
            try:
                line = self.file.readline()
            except ConnectionResetError:
                line = b""
            if not line:
                return 0, b"".join(lines).decode()
            lines.append(line)
            if line[3:4] != b"-":
                text = b"".join(lines).decode("utf-8", "replace")
                return int(line[:3]), text.strip()

    def say(self, line):
        self.last = 0, ""
        try:
            self.sock.sendall(line.encode() + b"\r\n")
        except OSError:
            return self.last
        self.last = self.reply()
        return self.last

    def code(self, line):
        return self.say(line)[0]

    def envelope(self, sender, *recipients):
        """Sends MAIL and RCPTs.  Returns the codes."""
        return [self.code("MAIL FROM:<%s>" % sender)] + \
            [self.code("RCPT TO:<%s>" % r) for r in recipients]

    def data(self, message):
        """Sends a message.  Returns the reply to it, or to DATA."""
        if self.code("DATA") != 354:
            return self.last
        lines = message.replace("\r\n", "\n").rstrip("\n").split("\n")
        self.sock.sendall("".join(
            ("." if s.startswith(".") else "") + s + "\r\n"
            for s in lines).encode() + b".\r\n")
        self.last = self.reply()
        return self.last

    def is_closed(self):
        return self.reply()[0] == 0

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def send(ls, sender, recipient, message, **how):
    """Sends a message to one recipient from an outside host.  Returns (code,
    text)."""
    how.setdefault("helo", "mail.test.example")
    with Talk(ls, **how) as c:
        for line in ("MAIL FROM:<%s>" % sender, "RCPT TO:<%s>" % recipient):
            if c.code(line) >= 400:
                return c.last
        return c.data(message)


def milter_lines(ls, words):
    """The lines of the milter's log that have all the words."""
    return [s for s in ls.log().decode("utf-8", "replace").splitlines()
            if "program=postern-milter" in s and words in s]


def wait_line(ls, words, n=1):
    """Waits until the milter has logged that many such lines."""
    until = lib.deadline()
    while len(milter_lines(ls, words)) < n:
        if lib.left(until) == 0:
            return False
        os.sched_yield()
    return True


def configure(ls, *lines):
    """Adds these lines to the configuration, replacing earlier additions."""
    path = os.path.join(ls.dir, "postern.conf")
    if not hasattr(ls, "conf_first"):
        with open(path) as f:
            ls.conf_first = f.read()
    with open(path, "w") as f:
        f.write(ls.conf_first + "".join(s + "\n" for s in lines))
    n = len(milter_lines(ls, "configuration"))
    os.kill(ls.pid_of("postern-milter"), signal.SIGHUP)
    wait_line(ls, "configuration", n + 1)
    if "configuration read again" not in milter_lines(
            ls, "configuration")[-1]:
        raise RuntimeError(milter_lines(ls, "configuration")[-1])


def took(function, *args):
    """Returns (result, seconds)."""
    begin = time.monotonic()
    result = function(*args)
    return result, time.monotonic() - begin
