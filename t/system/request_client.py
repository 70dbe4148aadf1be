"""A client of the store protocol that works on bytes, for tests of the server.

    with Store(d.path("run", "store-admin")) as c:
        answer = c.call(ops["account-list"])
        answer.rows, answer.done, answer.data, answer.error
"""
import collections
import os
import struct
import subprocess

import lib
from lines import Lines

REQUEST, ROW, DONE, ERROR, DATA = 1, 2, 3, 4, 5
KIND, CODE, TEXT, BYTES = 2, 3, 4, 1            # tags of ERROR and DATA
DENIED, LIMIT, NOT_FOUND, EXISTS = 7, 4, 1, 2   # error codes
REFUSED, SYNTAX = 2, 1                          # error kinds
MILTER, ADMIN = 1, 8                            # roles

Op = collections.namedtuple("Op", "number name roles flags fields")
Error = collections.namedtuple("Error", "kind code text")


def operations():
    """Returns {name: Op}, from the table in the program's source."""
    out = subprocess.run(
        [os.path.join(lib.TOP_BUILD, "t", "system", "request_list")],
        check=True, stdout=subprocess.PIPE).stdout.decode()
    ops = {}
    for line in out.splitlines():
        number, name, roles, flags, *fields = line.split()
        ops[name] = Op(int(number), name, int(roles), int(flags),
                       [(int(f.split(":")[0]), *f.split(":")[1:])
                        for f in fields])
    return ops


def field(tag, value):
    if isinstance(value, bool):
        value = bytes([value])
    elif isinstance(value, int):
        value = struct.pack(">Q", value)
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack(">HI", tag, len(value)) + value


def frame(kind, number, ident, body=b"", version=1):
    return struct.pack(">IBBHI", len(body) + 8, version, kind, number,
                       ident) + body


def sample(op):
    """Fields of the right types for a request, without much meaning."""
    values = {"u64": 1, "time": 1, "bool": False, "text": "x@y.test",
              "blob": b"\0" * 16}
    return b"".join(field(tag, values[kind])
                    for tag, kind, use in op.fields if use == "!")


class Answer:
    def __init__(self):
        self.rows, self.done, self.error, self.data = [], None, None, b""


class Store(Lines):
    ident = 0

    def frame(self):
        """Returns (kind, operation, id, {tag: [bytes]}), or None at the end.
        """
        head = self.file.read(4)
        if len(head) < 4:
            return None
        body = self.file.read(struct.unpack(">I", head)[0])
        _, kind, number, ident = struct.unpack(">BBHI", body[:8])
        fields, pos = collections.defaultdict(list), 8
        while pos < len(body):
            tag, size = struct.unpack(">HI", body[pos:pos + 6])
            fields[tag].append(body[pos + 6:pos + 6 + size])
            pos += 6 + size
        return kind, number, ident, fields

    def answer(self):
        a = Answer()
        while True:
            f = self.frame()
            if f is None:
                return a
            kind, _, _, fields = f
            if kind == ROW:
                a.rows.append(fields)
            elif kind == DATA:
                a.data += fields[BYTES][0]
            elif kind == DONE:
                a.done = fields
                return a
            else:
                a.error = Error(int.from_bytes(fields[KIND][0], "big"),
                                int.from_bytes(fields[CODE][0], "big"),
                                fields[TEXT][0].decode())
                return a

    def call(self, op, body=b"", data=None):
        self.ident += 1
        self.send(frame(REQUEST, op.number, self.ident, body))
        if data is not None:
            self.send_data(op, data)
        return self.answer()

    def send_data(self, op, data):
        try:
            for i in range(0, len(data), 60000):
                self.send(frame(DATA, op.number, self.ident,
                                field(BYTES, data[i:i + 60000])))
            self.send(frame(DATA, op.number, self.ident, field(BYTES, b"")))
        except BrokenPipeError:
            # The server refused too much data and closed; the answer is there.
            pass
