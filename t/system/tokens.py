"""Messages whose text follows from a token in them.

A token names a message and determines every byte of it, so that a test can
tell later, from the message alone, whether it is intact.
"""
import base64
import random
import re

TEXT = base64.encodebytes(random.Random(1).randbytes(1500000)).replace(
    b"\n", b"\r\n")
LINE = 78
TOKEN = re.compile(rb"X-Token: ([\w.-]+)\r\n")
SIZES = (200, 200, 700, 700, 2000, 2000, 5000, 5000, 15000, 60000)
LARGE = (70000, 250000, 1200000)


class Tokens:
    """Makes tokens: name.serial.size.line."""

    def __init__(self, name, rng):
        self.name = name
        self.rng = rng
        self.serial = 0

    def next(self, large=0.01):
        """Makes a token; large is the share of messages over 64 KB."""
        self.serial += 1
        size = self.rng.choice(LARGE if self.rng.random() < large else SIZES)
        return f"{self.name}.{self.serial}.{size}.{self.rng.randrange(9999)}"


def message(token):
    size, line = map(int, token.split(".")[-2:])
    return (b"From: <load@example.org>\r\nTo: <somebody@example.test>\r\n"
            b"Subject: %s\r\nX-Token: %s\r\nMessage-ID: <%s@example.org>\r\n"
            b"\r\n" % ((token.encode(),) * 3)
            + TEXT[line * LINE:(line + 1 + size // LINE) * LINE])


def of(text):
    """Returns the token in a message or its header, or None."""
    m = TOKEN.search(text)
    return m[1].decode() if m else None


def is_whole(text, before=2000):
    """Whether the message, after what was added at its top, is what was sent.
    """
    token = of(text[:before])
    return token is not None and text.endswith(message(token))
