"""A connection that speaks lines: LMTP and the MTA's other protocols.

    c = Lmtp(("127.0.0.1", port))          # or a path
    c.say("LHLO me")                       # -> Reply(250, [...])
    c.message(b"a@x", [b"b@y"], text)      # -> [Reply, ...] one per recipient
"""
import collections
import socket

import lib

Reply = collections.namedtuple("Reply", "code text")


class Lines:
    def __init__(self, where):
        if isinstance(where, str):
            self.sock = socket.socket(socket.AF_UNIX)
        else:
            self.sock = socket.socket()
        self.sock.settimeout(lib.PATIENCE)
        self.sock.connect(where)
        self.file = self.sock.makefile("rb")

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        self.sock.sendall(data)

    def line(self):
        """The next line without its end, or None at the end of the connection.
        """
        got = self.file.readline()
        return got.rstrip(b"\r\n") if got else None

    def is_closed(self):
        """Waits until the peer closes the connection, and drops what it sent.
        """
        try:
            return self.file.read() is not None
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Lmtp(Lines):
    def __init__(self, where, hello=True):
        super().__init__(where)
        self.greeting = self.reply()
        if hello:
            self.hello = self.say("LHLO client.test")

    def reply(self):
        lines = []
        while True:
            line = self.line()
            if line is None:
                return Reply(0, lines)
            lines.append(line[4:].decode("utf-8", "replace"))
            if line[3:4] != b"-":
                return Reply(int(line[:3]), lines)

    def say(self, line):
        self.send((line if isinstance(line, bytes) else line.encode())
                  + b"\r\n")
        return self.reply()

    def begin(self, sender, rcpts, params=""):
        """Sends MAIL and RCPTs.  Returns the replies."""
        return [self.say(f"MAIL FROM:<{sender}>{params}")] + [
            self.say(f"RCPT TO:<{r}>") for r in rcpts]

    def data(self, text, count=1):
        """Sends DATA and the text.  Returns one reply per recipient."""
        r = self.say("DATA")
        if r.code != 354:
            return [r]
        if text and not text.endswith(b"\r\n"):
            text += b"\r\n"
        if text.startswith(b"."):
            text = b"." + text
        self.send(text.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return [self.reply() for _ in range(count)]

    def message(self, sender, rcpts, text, params=""):
        for r in self.begin(sender, rcpts, params):
            if r.code != 250:
                return [r]
        return self.data(text, len(rcpts))
