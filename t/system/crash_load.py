"""Load on postern-imapd, and a model of what it must have after a crash.

A Deliverer is one LMTP connection; a Writer is one IMAP connection with an
account of its own, whose mailboxes it models.  Both run in threads until the
server is gone.  After the restart everything that was acknowledged must be
there, intact and once.  The one command in progress must have happened
completely or not at all, and the model takes over what it finds.
"""
import re
import threading

import lib
import tokens
from imap_client import Imap
from lines import Lmtp

PASSWORD = "secret-a"
GONE = (EOFError, OSError, AssertionError)
MESSAGES_MAX = 2500             # per mailbox of a writer
SYSTEM = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted")
KEYWORDS = ("$Label1", "work", "$Forwarded", "$Junk", "$NotJunk", "Junk",
            "NonJunk")
# What the mailboxes of a writer mean: w0 to w3 junk, w4 to w7 neutral, the
# others not junk, with all below them.
CONF = """\
junk-flags-junk = "^w[0-3](/|$)"
junk-flags-neutral = "^w[4-7](/|$)"
"""
JUNK = frozenset(("$Junk", "Junk"))
NOTJUNK = frozenset(("$NotJunk", "NonJunk", "NotJunk"))
# A command on more pages of 64 UIDs than this may be done in slices, among
# others (doc/store.md: "Then slices of large operations").
SLICE_PAGES = 32


class Wrong(Exception):
    """The server broke a promise."""


def check(good, what):
    if not good:
        raise Wrong(what)


def uid_set(uids):
    return ",".join(map(str, uids))


def uids_of(text):
    out = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        out.extend(range(int(first), int(last or first) + 1))
    return out


# ---- deliveries -----------------------------------------------------------

class Ledger:
    """What was delivered to which account; shared by the deliverers of a run.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.sure = {}          # account -> acknowledged tokens
        self.doubt = {}  # account -> tokens that may have been delivered

    def begin(self, token, accounts):
        with self.lock:
            for a in accounts:
                self.doubt.setdefault(a, set()).add(token)

    def acknowledge(self, token, account):
        with self.lock:
            self.doubt[account].discard(token)
            self.sure.setdefault(account, set()).add(token)

    def settle(self, account, found):
        """Compares with the tokens found; each must be there once."""
        sure = self.sure.setdefault(account, set())
        doubt = self.doubt.setdefault(account, set())
        check(len(found) == len(set(found)),
              f"{account}: some messages are there twice")
        missing = sure - set(found)
        check(not missing, f"{account}: {len(missing)} acknowledged messages "
              f"are missing, such as {sorted(missing)[:3]}")
        strange = set(found) - sure - doubt
        check(not strange, f"{account}: messages that should not be there: "
              f"{sorted(strange)[:3]}")
        sure.update(found)
        doubt.clear()


class Deliverer(threading.Thread):
    def __init__(self, port, ledger, names, accounts, rng):
        super().__init__(daemon=True)
        self.port = port
        self.ledger = ledger
        self.tokens = names
        self.accounts = accounts        # one account or several
        self.rng = rng
        self.count = 0
        self.wrong = None

    def one(self, c):
        token = self.tokens.next()
        n = 1 if self.rng.random() < 0.8 else len(self.accounts)
        accounts = self.accounts[:n]
        self.ledger.begin(token, accounts)
        replies = c.message("load@example.org", accounts,
                            tokens.message(token))
        for account, reply in zip(accounts, replies):
            if reply.code == 250:
                self.ledger.acknowledge(token, account)
                self.count += 1
            elif reply.code not in (0, 421):
                self.wrong = f"LMTP: {reply}"
                raise EOFError

    def run(self):
        try:
            with Lmtp(("127.0.0.1", self.port)) as c:
                while True:
                    self.one(c)
        except (*GONE, ValueError):
            pass


# ---- the model of an account ----------------------------------------------

class Box:
    """A mailbox.  messages: tuples (uid or None, token, flags), by UID."""

    def __init__(self, uidvalidity=None, uidnext=1, messages=()):
        self.uidvalidity = uidvalidity
        self.uidnext = uidnext
        self.messages = messages

    def but(self, messages, uidnext=None):
        return Box(self.uidvalidity, uidnext or self.uidnext, messages)

    def add(self, new, uids):
        """uids: None if the connection broke before the server told them."""
        if uids is None:
            uids = [None] * len(new)
            after = self.uidnext
        else:
            after = uids[-1] + 1
            check(uids[0] >= self.uidnext, f"UID {uids[0]} where UIDNEXT was "
                  f"{self.uidnext}")
        return self.but(self.messages + tuple(
            (u, token, flags) for u, (token, flags) in zip(uids, new)), after)


def marked(name, flags):
    """The flags of a message that comes to that mailbox."""
    number = int(re.match(r"w(\d+)", name)[1])
    if number < 4:
        return flags - NOTJUNK | {"$Junk"}
    if number < 8:
        return flags - NOTJUNK - JUNK
    return flags - JUNK | {"$NotJunk"}


def settled(before, after, replaces):
    """The flags after a STORE that asks for these."""
    added, lost = after - before, before - after
    for side in (JUNK, NOTJUNK):
        if lost & side and not added & side and not replaces:
            after -= side
    if added & JUNK and added & NOTJUNK:
        return after - JUNK - NOTJUNK
    if added & JUNK:
        after -= NOTJUNK
    if added & NOTJUNK:
        after -= JUNK
    if added & JUNK or replaces and after & JUNK:
        after |= {"$Junk"}
    if added & NOTJUNK or replaces and after & NOTJUNK:
        after |= {"$NotJunk"}
    return after


def slice_ends(uids):
    """UIDs that can be the last of a slice other than the last one."""
    pages = sorted({u >> 6 for u in uids if u is not None})
    if not pages or pages[-1] < SLICE_PAGES:
        return []
    return [page << 6 | 63 for page in pages[:-1]]


def selected(box, uids):
    wanted = set(uids)
    return [m for m in box.messages if m[0] in wanted]


class Append:
    def __init__(self, name, token, flags):
        self.name, self.token, self.flags = name, token, flags

    def send(self, c):
        return c.append(f'"{self.name}"', tokens.message(self.token),
                        f"({' '.join(sorted(self.flags))}) ",
                        sync=len(self.token) % 2 == 0)

    def apply(self, boxes, text):
        m = text and re.search(r"\[APPENDUID (\d+) (\d+)\]", text)
        return {**boxes, self.name: boxes[self.name].add(
            [(self.token, marked(self.name, self.flags))],
            [int(m[2])] if m else None)}


class Store:
    def __init__(self, name, uids, how, flags):
        self.name, self.uids, self.how = name, uids, how
        self.flags = frozenset(flags)

    def send(self, c):
        return c.cmd(f"UID STORE {uid_set(self.uids)} {self.how}FLAGS.SILENT "
                     f"({' '.join(sorted(self.flags))})")

    def change(self, flags):
        if self.how == "+":
            return settled(flags, flags | self.flags, False)
        if self.how == "-":
            return settled(flags, flags - self.flags, False)
        return settled(flags, self.flags, True)

    def apply(self, boxes, text):
        box, wanted = boxes[self.name], set(self.uids)
        return {**boxes, self.name: box.but(tuple(
            (u, t, self.change(f)) if u in wanted else (u, t, f)
            for u, t, f in box.messages))}

    def begun(self, boxes):
        """The possible states if the command was in progress."""
        for end in slice_ends(self.uids):
            uids = [u for u in self.uids if u <= end]
            yield Store(self.name, uids, self.how, self.flags).apply(
                boxes, None)


class Expunge:
    def __init__(self, name, last=1 << 32):
        self.name, self.last = name, last

    def send(self, c):
        return c.cmd("EXPUNGE")

    def apply(self, boxes, text):
        box = boxes[self.name]
        return {**boxes, self.name: box.but(tuple(
            m for m in box.messages if "\\Deleted" not in m[2] or
            m[0] is not None and m[0] > self.last))}

    def begun(self, boxes):
        for end in slice_ends([m[0] for m in boxes[self.name].messages]):
            yield Expunge(self.name, end).apply(boxes, None)


class Copy:
    command = "COPY"

    def __init__(self, name, uids, target):
        self.name, self.uids, self.target = name, uids, target

    def send(self, c):
        return c.cmd(f'UID {self.command} {uid_set(self.uids)} '
                     f'"{self.target}"')

    def apply(self, boxes, text):
        new = [(token, marked(self.target, flags)) for _, token, flags
               in selected(boxes[self.name], self.uids)]
        m = text and re.search(r"\[COPYUID (\d+) ([\d:,]+) ([\d:,]+)\]", text)
        if m:
            check(uids_of(m[2]) == self.uids, f"COPYUID of {m[2]}")
        return {**boxes, self.target: boxes[self.target].add(
            new, uids_of(m[3]) if m else None)}


class Move(Copy):
    command = "MOVE"

    def apply(self, boxes, text):
        boxes = super().apply(boxes, text)
        gone = set(self.uids)
        box = boxes[self.name]
        return {**boxes, self.name: box.but(tuple(
            m for m in box.messages if m[0] not in gone))}


class Create:
    def __init__(self, name):
        self.name = name

    def send(self, c):
        return c.cmd(f'CREATE "{self.name}"')

    def apply(self, boxes, text):
        boxes = {**boxes, self.name: Box()}
        parent = self.name.rpartition("/")[0]
        if parent and parent not in boxes:
            boxes[parent] = Box()
        return boxes


class Delete:
    def __init__(self, name):
        self.name = name

    def send(self, c):
        return c.cmd(f'DELETE "{self.name}"')

    def apply(self, boxes, text):
        return {n: b for n, b in boxes.items() if n != self.name}


class Rename:
    def __init__(self, name, to):
        self.name, self.to = name, to

    def send(self, c):
        return c.cmd(f'RENAME "{self.name}" "{self.to}"')

    def apply(self, boxes, text):
        out = {}
        for n, b in boxes.items():
            if n == self.name or n.startswith(self.name + "/"):
                n = self.to + n[len(self.name):]
            out[n] = b
        return out


# ---- a writer -------------------------------------------------------------

class Writer:
    """An account, its model, and the one connection that changes it."""

    def __init__(self, login, rng):
        self.login = login
        self.rng = rng
        self.tokens = tokens.Tokens(login.partition("@")[0], rng)
        self.boxes = {}
        self.pending = None     # the command without an answer
        self.count = 0
        self.wrong = None
        self.seen = {}          # (uidvalidity, uid) -> token, all ever seen
        self.uidvalidity_max = 0
        self.thread = None

    # -- load

    def start(self, port):
        self.thread = threading.Thread(target=self.run, args=(port,),
                                       daemon=True)
        self.thread.start()

    def join(self):
        self.thread.join(lib.PATIENCE)
        check(not self.thread.is_alive(), f"{self.login}: a command hangs")
        check(self.wrong is None, f"{self.login}: {self.wrong}")

    def run(self, port):
        try:
            with Imap(port) as c:
                c.login(self.login, PASSWORD)
                while True:
                    self.one(c)
        except GONE:
            pass
        except Wrong as e:
            self.wrong = e

    def one(self, c):
        op = self.choose()
        name = op.name
        if not isinstance(op, (Append, Create, Delete, Rename)):
            c.ok(f'SELECT "{name}"')
        self.pending = op
        answer = op.send(c)
        texts = [answer.text] + [u.text.decode(errors="replace")
                                 for u in answer.untagged]
        if answer.status != "OK":
            raise Wrong(f"{op.__class__.__name__} {vars(op)}: {answer!r}"
                        [:1000])
        code = next((t for t in texts if "[APPENDUID" in t or "[COPYUID" in t),
                    "")
        self.boxes = op.apply(self.boxes, code)
        self.remember(name)
        if hasattr(op, "target"):
            self.remember(op.target)
        self.pending = None
        self.count += 1
        if isinstance(op, (Delete, Rename)):
            c.ok('SELECT "Drafts"')

    def remember(self, name):
        """Checks that no UID is used twice."""
        box = self.boxes.get(name)
        if box is None or box.uidvalidity is None:
            return
        for uid, token, _ in box.messages[-50:]:
            if uid is not None:
                key = (box.uidvalidity, uid)
                check(self.seen.setdefault(key, token) == token,
                      f"UID {uid} of {name} was given twice")

    # -- what to do next

    def some(self, box, most):
        """UIDs of some messages: one, a range, or any."""
        uids = [m[0] for m in box.messages]
        n = min(len(uids), self.rng.choice((1, 1, 1, 3, 20, 200, most)))
        at = self.rng.randrange(len(uids) - n + 1)
        if self.rng.random() < 0.7:
            return uids[at:at + n]
        return sorted(self.rng.sample(uids, n))

    def flags(self):
        return frozenset(self.rng.sample(SYSTEM[:4] + KEYWORDS,
                                         self.rng.randrange(4)))

    def ours(self):
        return [n for n in self.boxes if n.startswith("w")]

    def new_name(self, top=False):
        """Returns a free name.  Names are used again, with another
        UIDVALIDITY."""
        parents = [n for n in self.ours() if n.count("/") < 2]
        free = [f"w{i}" for i in range(12) if f"w{i}" not in self.boxes]
        if top or not parents or self.rng.random() < 0.5:
            return self.rng.choice(free)
        if self.rng.random() < 0.3:
            return self.rng.choice(free) + "/new"
        parent = self.rng.choice(parents)
        free = [f"{parent}/c{i}" for i in range(12)]
        return self.rng.choice([n for n in free if n not in self.boxes])

    def choose(self):
        names = self.ours()
        if len(names) < 3:
            return Create(self.new_name())
        name = self.rng.choice(names)
        box = self.boxes[name]
        kind = self.rng.random()
        if kind < 0.08:
            return self.choose_names(names, name)
        if kind < 0.45 and len(box.messages) < MESSAGES_MAX or \
                not box.messages:
            return Append(name, self.tokens.next(), self.flags())
        if kind < 0.65:
            return Store(name, self.some(box, 2000),
                         self.rng.choice(("+", "-", "")),
                         self.flags() or {"\\Seen"})
        if kind < 0.70:
            return Store(name, self.some(box, 500), "+", {"\\Deleted"})
        if kind < 0.76:
            return Expunge(name)
        target = self.rng.choice(names)
        if len(self.boxes[target].messages) > MESSAGES_MAX:
            return Store(target, [m[0] for m in self.boxes[target].messages],
                         "+", {"\\Deleted"})
        uids = self.some(box, 1500)
        if kind < 0.88 or target == name:
            return Copy(name, uids, target)
        return Move(name, uids, target)

    def choose_names(self, names, name):
        has_children = any(n.startswith(name + "/") for n in names)
        kind = self.rng.random()
        if kind < 0.35 and len(names) < 9:
            return Create(self.new_name())
        if kind < 0.6 and not has_children:
            return Delete(name)
        return Rename(name, self.new_name(top=True))

    # -- after the restart

    def read(self, c):
        """The account as the server shows it now."""
        boxes = {}
        for line in c.ok('LIST "" "*"').lines(rb"LIST"):
            name = re.search(rb'"/" "?([^"]*)"?$', line)[1].decode()
            if name != "INBOX":
                boxes[name] = read_box(c, name)
        return boxes

    def settle(self, port):
        """Compares the account with the model and takes over what it finds."""
        with Imap(port) as c:
            c.login(self.login, PASSWORD)
            found = self.read(c)
            if self.boxes:
                self.compare(found)
            self.check_uidvalidities(found)
            for name, box in found.items():
                for uid, token, _ in box.messages:
                    key = (box.uidvalidity, uid)
                    check(self.seen.setdefault(key, token) == token,
                          f"{self.login}: UID {uid} of {name} came back")
            self.check_whole(c, found)
        self.boxes, self.pending = found, None

    def compare(self, found):
        why = different(self.boxes, found)
        if why is None:
            return
        if self.pending is not None:
            also = different(self.pending.apply(self.boxes, None), found)
            if also is None or self.has_begun(found):
                return
            why += (f"\nor, had {self.pending.__class__.__name__} "
                    f"{str(vars(self.pending))[:300]} happened: {also}")
        raise Wrong(f"{self.login}: {why}")

    def has_begun(self, found):
        return hasattr(self.pending, "begun") and any(
            different(boxes, found) is None
            for boxes in self.pending.begun(self.boxes))

    def check_uidvalidities(self, found):
        """Mailboxes made since the last time must have larger UIDVALIDITYs."""
        known = {b.uidvalidity for b in self.boxes.values()}
        for name, box in found.items():
            check(not self.boxes or box.uidvalidity in known
                  or box.uidvalidity > self.uidvalidity_max,
                  f"{self.login}: UIDVALIDITY {box.uidvalidity} of the new "
                  f"{name}, one was {self.uidvalidity_max}")
        self.uidvalidity_max = max(b.uidvalidity for b in found.values())

    def check_whole(self, c, found):
        """Reads one message of each token to its last byte."""
        done = set()
        for name, box in found.items():
            uids = []
            for uid, token, _ in box.messages:
                if token not in done:
                    done.add(token)
                    uids.append(uid)
            if len(uids) > 100:
                uids = sorted(self.rng.sample(uids, 100))
            if not uids:
                continue
            c.ok(f'EXAMINE "{name}"')
            texts = [u.literals[0] for u in c.ok(
                f"UID FETCH {uid_set(uids)} BODY.PEEK[]").untagged
                if u.literals]
            check(len(texts) == len(uids), f"{self.login}: {name} gave "
                  f"{len(texts)} of {len(uids)} messages")
            for text in texts:
                check(tokens.is_whole(text), f"{self.login}: a message of "
                      f"{name} is damaged: {text[:300]!r}")


FETCHED = re.compile(rb"UID (\d+)")
FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")


def read_box(c, name):
    a = c.ok(f'EXAMINE "{name}"')
    text = b"\n".join(u.text for u in a.untagged)
    box = Box(int(re.search(rb"UIDVALIDITY (\d+)", text)[1]),
              int(re.search(rb"UIDNEXT (\d+)", text)[1]))
    exists = a.numbers(b"EXISTS")[-1]
    if exists == 0:
        return box
    messages = []
    for u in c.ok("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS "
                  "(X-Token)])").untagged:
        if not u.literals:
            continue
        flags = FLAGS.search(u.text)[1].decode().split()
        messages.append((int(FETCHED.search(u.text)[1]),
                         tokens.of(u.literals[0]),
                         frozenset(flags) - {"\\Recent"}))
    check(len(messages) == exists,
          f"{name}: EXISTS {exists}, fetched {len(messages)}")
    check(not messages or messages[-1][0] < box.uidnext,
          f"{name}: UIDNEXT {box.uidnext}, UID {messages[-1][0]}")
    return box.but(tuple(messages))


def different(want, found):
    """Returns what found has that the model does not allow, or None."""
    if set(want) != set(found):
        return (f"missing mailboxes {sorted(set(want) - set(found))}, new "
                f"ones {sorted(set(found) - set(want))}")
    for name, box in want.items():
        why = different_box(box, found[name])
        if why is not None:
            return f"{name}: {why}"
    return None


def different_box(want, found):
    if want.uidvalidity not in (None, found.uidvalidity):
        return f"UIDVALIDITY {found.uidvalidity}, was {want.uidvalidity}"
    if found.uidnext < want.uidnext:
        return f"UIDNEXT {found.uidnext}, was {want.uidnext}"
    if len(want.messages) != len(found.messages):
        return f"{len(found.messages)} messages for {len(want.messages)}"
    for w, f in zip(want.messages, found.messages):
        if w[1:] != f[1:]:
            return f"{f} for {w}"
        if w[0] is None and f[0] < want.uidnext or w[0] not in (None, f[0]):
            return f"UID {f[0]} for {w} with UIDNEXT {want.uidnext}"
    return None
