"""A raw IMAP client for tests: shows every untagged response, hides nothing."""
import re
import socket
import ssl

TIMEOUT = 30


class Response:
    """One response: its text, with literals in the place of "{n}"."""

    def __init__(self, parts):
        self.parts = parts      # bytes, literal, bytes, ...
        self.text = b"".join(parts)

    def __repr__(self):
        return repr(self.text[:300])

    @property
    def literals(self):
        return self.parts[1::2]


class Answer:
    """The result of one command: untagged responses and the tagged one."""

    def __init__(self, tagged, untagged):
        self.tagged = tagged
        self.untagged = untagged
        self.status = tagged.text.split(b" ")[1].decode()
        self.text = tagged.text.split(b" ", 2)[2].decode(errors="replace")

    def __repr__(self):
        return f"{self.tagged!r} after {self.untagged!r}"

    def lines(self, pattern=b""):
        """Texts of the matching untagged responses, without "* "."""
        return [u.text[2:] for u in self.untagged
                if re.search(pattern, u.text)]

    def numbers(self, word):
        """The n of each "* n WORD"."""
        found = [re.match(rb"\* (\d+) " + word + rb"(?: |$)", u.text)
                 for u in self.untagged]
        return [int(m[1]) for m in found if m]


class Imap:
    def __init__(self, port, tls=False, host="127.0.0.1"):
        self.sock = socket.create_connection((host, port), TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = insecure_context().wrap_socket(self.sock)
        self.buf = b""
        self.tag = 0
        self.greeting = self.response()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- bytes ----

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the server closed the connection")
        self.buf += data

    def line(self):
        while b"\r\n" not in self.buf:
            self.fill()
        line, self.buf = self.buf.split(b"\r\n", 1)
        return line

    def octets(self, n):
        while len(self.buf) < n:
            self.fill()
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def response(self):
        parts = [self.line()]
        while m := re.search(rb"\{(\d+)\}$", parts[-1]):
            parts[-1] = parts[-1][:m.start()]
            parts.append(self.octets(int(m[1])))
            parts.append(self.line())
        return Response(parts)

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        self.sock.sendall(data)

    # ---- commands ----

    def next_tag(self):
        self.tag += 1
        return b"t%d" % self.tag

    def start(self, command):
        """Sends a command and returns its tag."""
        if isinstance(command, str):
            command = command.encode()
        tag = self.next_tag()
        self.send(tag + b" " + command + b"\r\n")
        return tag

    def finish(self, tag):
        untagged = []
        while True:
            r = self.response()
            if r.text.startswith(tag + b" "):
                return Answer(r, untagged)
            untagged.append(r)

    def cmd(self, command):
        return self.finish(self.start(command))

    def ok(self, command):
        a = self.cmd(command)
        assert a.status == "OK", f"{command!r}: {a!r}"
        return a

    def no(self, command, code=None):
        a = self.cmd(command)
        assert a.status == "NO", f"{command!r}: {a!r}"
        assert code is None or a.text.startswith("[" + code), a
        return a

    def bad(self, command):
        a = self.cmd(command)
        assert a.status == "BAD", f"{command!r}: {a!r}"
        return a

    def append(self, mailbox, message, extra="", sync=True):
        """Sends APPEND with a literal; extra is "(flags) date "."""
        plus = "" if sync else "+"
        tag = self.next_tag()
        self.send(b"%s APPEND %s %s{%d%s}\r\n" % (
            tag, mailbox.encode(), extra.encode(), len(message),
            plus.encode()))
        if sync:
            r = self.response()
            if not r.text.startswith(b"+"):
                if r.text.startswith(tag):
                    return Answer(r, [])
                raise AssertionError(r)
        self.send(message + b"\r\n")
        return self.finish(tag)

    def login(self, user, password):
        return self.ok(f'LOGIN "{user}" "{password}"')

    def idle(self):
        tag = self.start("IDLE")
        r = self.response()
        assert r.text.startswith(b"+"), r
        return tag

    def done(self, tag):
        self.send(b"DONE\r\n")
        return self.finish(tag)

    def starttls(self):
        self.ok("STARTTLS")
        self.sock = insecure_context().wrap_socket(self.sock)


def insecure_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
