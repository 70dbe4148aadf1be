"""What system tests share: TAP, real programs in scratch folders, clients.

    import lib
    t = lib.Tap()
    with lib.Localserve(t) as ls:
        ls.send("me@example.org", ["you@localhost"], "Subject: x\r\n\r\nhi\r\n")
        with ls.imap() as box:
            t.ok(box.wait_exists(1), "the message came")
    t.done()

Only the standard library.  Nothing here waits by sleeping: a program says
when it is ready (NOTIFY_SOCKET, or the line that localserve prints), a
mailbox says when a message came (IDLE), a process says when it ends (pidfd).
"""
import atexit
import ctypes
import fcntl
import os
import random
import re
import select
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import imap_client

TOP_SRC = os.environ.get("top_srcdir") or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
TOP_BUILD = os.environ.get("top_builddir") or os.path.join(TOP_SRC, "build")

POSTERN = os.path.join(TOP_BUILD, "ctl", "postern")

PASSWORD = "localserve"

# Sanitized programs on a busy machine are slow; a hang takes longer.
PATIENCE = float(os.environ.get("POSTERN_TEST_PATIENCE", "60"))

SANITIZER = re.compile(
    rb"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer|"
    rb"Assertion .* failed|detected memory leaks")


class Tap:
    """Numbered results on standard output."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, title, why=""):
        self.count += 1
        title = title.replace("#", "\\#")
        if not good:
            self.failed += 1
        print("%sok %d - %s" % ("" if good else "not ", self.count, title))
        if not good and why:
            self.note(why)
        sys.stdout.flush()
        return good

    def equal(self, got, want, title):
        return self.ok(got == want, title,
                       "got  %r\nwant %r" % (got, want))

    def match(self, got, pattern, title):
        if isinstance(got, bytes):
            got = got.decode("utf-8", "replace")
        return self.ok(re.search(pattern, got, re.S) is not None, title,
                       "got  %s\nwant /%s/" % (got[-2000:], pattern))

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line)
        sys.stdout.flush()

    def skip(self, title, reason):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, title, reason))
        sys.stdout.flush()

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def skip_all(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def scratch():
    """Makes a new folder in /tmp, removed at exit unless POSTERN_TEST_KEEP."""
    path = tempfile.mkdtemp(prefix="postern-test.", dir="/tmp")
    os.chmod(path, 0o711)
    SCRATCH.append(path)
    return path


SCRATCH = []


def remove_scratch():
    for path in SCRATCH:
        if os.environ.get("POSTERN_TEST_KEEP"):
            print("# kept " + path)
        elif os.geteuid() == 0:
            shutil.rmtree(path, ignore_errors=True)
        else:
            subprocess.run(["unshare", "--map-root-user", "--map-auto",
                            "rm", "-rf", path], check=False)


atexit.register(remove_scratch)


def wait_changes(folder, good, seconds=None):
    """Waits until good() is true; asks when files in the folder change."""
    libc = ctypes.CDLL(None, use_errno=True)
    until = deadline(seconds)
    fd = libc.inotify_init1(os.O_CLOEXEC)
    try:
        # IN_MODIFY, IN_CREATE, IN_DELETE
        if fd < 0 or libc.inotify_add_watch(
                fd, folder.encode(), 0x2 | 0x100 | 0x200) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        while not good():
            if not select.select([fd], [], [], left(until))[0]:
                return good()
            os.read(fd, 65536)
        return True
    finally:
        os.close(fd)


def is_sanitized(program):
    """Whether it was built with AddressSanitizer, which uses memory itself."""
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


def port_is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_base(offsets=(24, 25, 143, 465, 587, 993)):
    """Returns a number; adding any of the offsets gives a port that is free
    now."""
    for _ in range(200):
        base = random.randrange(10000, 31000)
        if all(port_is_free(base + o) for o in offsets):
            return base
    raise RuntimeError("no free ports")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def unpacked(name, *command):
    """The folder of an unpacked MTA, which is unpacked at the first call."""
    path = os.path.join(TOP_BUILD, name)
    with open(os.path.join(TOP_BUILD, ".%s-unpack.lock" % name), "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        rc = subprocess.run([os.path.join(TOP_SRC, "contrib", command[0]),
                             path] + list(command[1:]),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            check=False)
    if rc.returncode != 0:
        skip_all("%s can't be unpacked: " % name
                 + rc.stdout.decode().strip().replace("\n", "; "))
    return path


def postfix_dir():
    return os.environ.get("POSTERN_POSTFIX") or \
        unpacked("postfix", "postfix-unpack.sh")


def deadline(seconds=None):
    return time.monotonic() + (PATIENCE if seconds is None else seconds)


def left(until):
    return max(0.0, until - time.monotonic())


def process_ended(pid, seconds=None):
    """Waits for the end of a process.  Returns False if time is up."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [],
                                  PATIENCE if seconds is None else seconds)[0])
    finally:
        os.close(fd)


def process_lives(pid):
    return not process_ended(pid, 0)


class Process:
    """A program whose output goes to a file, and can be waited for."""

    def __init__(self, argv, log, env=None, cwd=None, notify=True,
                 stdout=None, preexec=None):
        self.log_path = log
        self.argv = argv
        env = dict(os.environ if env is None else env)
        self.notify = None
        if notify:
            self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.notify.bind("")        # the kernel chooses a name
            name = self.notify.getsockname()
            env["NOTIFY_SOCKET"] = "@" + name[1:].decode()
        with open(log, "ab") as f:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stdout or f, stderr=f,
                env=env, cwd=cwd, start_new_session=True, preexec_fn=preexec)
        self.pid = self.popen.pid
        self.status = None

    def wait_ready(self, seconds=None):
        """Waits for READY=1.  Returns False if it has exited or time is up."""
        until = deadline(seconds)
        pidfd = os.pidfd_open(self.pid)
        try:
            while left(until) > 0:
                ready = select.select([self.notify, pidfd], [], [],
                                      left(until))[0]
                if self.notify in ready:
                    if b"READY=1" in self.notify.recv(4096):
                        return True
                elif pidfd in ready:
                    return False
            return False
        finally:
            os.close(pidfd)

    def kill(self, sig):
        if self.popen.poll() is None:
            os.kill(self.pid, sig)

    def wait(self, seconds=None):
        """Returns the exit status as subprocess does, or None if it still
        runs."""
        try:
            self.status = self.popen.wait(
                PATIENCE if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            return None
        return self.status

    def stop(self, sig=signal.SIGTERM):
        self.kill(sig)
        status = self.wait()
        if status is None:
            self.popen.kill()
            self.popen.wait()
        return status

    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read()


def run(argv, data=None, seconds=None, env=None, cwd=None):
    """Runs a program to its end.  Returns (status, stdout, stderr)."""
    p = subprocess.run(argv, input=data, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env=env, cwd=cwd, check=False,
                       stdin=subprocess.DEVNULL if data is None else None,
                       timeout=PATIENCE if seconds is None else seconds)
    return p.returncode, p.stdout, p.stderr


class Mailbox(imap_client.Imap):
    """A selected mailbox, in which one can wait for mail."""

    def __init__(self, port, login, mailbox="INBOX", password=PASSWORD,
                 tls=False):
        super().__init__(port, tls)
        self.login(login, password)
        self.exists = 0
        self.select(mailbox)

    def response(self):
        r = super().response()
        m = re.match(rb"\* (\d+) (EXISTS|EXPUNGE)", r.text)
        if m and m.group(2) == b"EXISTS":
            self.exists = int(m.group(1))
        elif m:
            self.exists -= 1
        return r

    def select(self, mailbox):
        self.ok('SELECT "%s"' % mailbox)

    def wait_exists(self, n, seconds=None):
        """Waits in IDLE until there are n messages.  Returns False if time is
        up."""
        until = deadline(seconds)
        if self.exists >= n:
            return True
        tag = self.idle()
        try:
            while self.exists < n:
                self.sock.settimeout(left(until) or 0.001)
                self.response()
        except TimeoutError:
            pass
        self.sock.settimeout(PATIENCE)
        self.done(tag)
        return self.exists >= n

    def fetch(self, what="BODY.PEEK[]"):
        """Fetches one literal of each message, in order."""
        if self.exists == 0:
            return []
        return [u.literals[0] for u in
                self.ok("FETCH 1:* " + what).untagged if u.literals]

    def subjects(self):
        out = []
        for text in self.fetch("BODY.PEEK[HEADER.FIELDS (SUBJECT)]"):
            m = re.match(rb"Subject: *(.*?)\r\n", text, re.I | re.S)
            out.append(m.group(1).decode() if m else "")
        return out


class Localserve:
    """`postern localserve' in a scratch folder; it is ready inside the block.
    """

    def __init__(self, tap, *args, base=None, folder=None, env=None,
                 postfix=None, prefix=()):
        self.tap = tap
        self.args = list(args)
        self.base = port_base() if base is None else base
        self.top = scratch() if folder is None else os.path.dirname(folder)
        self.dir = folder or os.path.join(self.top, "localserve")
        self.env = env
        self.prefix = list(prefix)
        self.postfix = postfix or postfix_dir()
        self.log_path = os.path.join(self.top, "log")
        self.out_path = os.path.join(self.top, "out")
        self.process = None
        self.ready_seconds = None

    def start(self):
        """Returns whether it became ready."""
        begin = time.monotonic()
        # Its output is a pipe, so lines and its end are events: no polling.
        read_fd, write_fd = os.pipe()
        self.process = Process(
            self.prefix + [POSTERN, "localserve", "--dir", self.dir,
                           "--port-base", str(self.base),
                           "--postfix", self.postfix] + self.args,
            self.log_path, env=self.env, notify=False, stdout=write_fd)
        os.close(write_fd)
        self.out = b""
        until = deadline()
        ready = False
        while not ready and select.select([read_fd], [], [], left(until))[0]:
            piece = os.read(read_fd, 65536)
            if not piece:
                break
            self.out += piece
            ready = b"localserve is ready" in self.out and \
                b" message list " in self.out
        self.ready_seconds = time.monotonic() - begin
        os.close(read_fd)
        return ready

    def __enter__(self):
        if not self.start():
            self.tap.note(self.log().decode("utf-8", "replace")[-4000:])
            self.process.stop()
            raise RuntimeError("localserve did not start")
        return self

    def __exit__(self, kind, *_):
        if self.process.popen.poll() is None:
            status = self.process.stop()
            self.tap.equal(status, 0, "localserve stops with status 0")
        log = self.log()
        found = SANITIZER.search(log)
        self.tap.ok(found is None, "no sanitizer or assertion spoke",
                    "" if found is None else
                    log[found.start():][:4000].decode("utf-8", "replace"))
        if kind is not None or self.tap.failed:
            self.tap.note(log.decode("utf-8", "replace")[-6000:])
        if self.process.popen.poll() is None:
            self.process.popen.kill()

    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read()

    def pid_of(self, name):
        """The pid of postern-imapd, postern-milter, or postfix (its master).
        """
        path = "spool/pid/master.pid" if name == "postfix" \
            else "run/%s.pid" % name
        with open(os.path.join(self.dir, path)) as f:
            return int(f.read().split()[0])

    def kill(self, name, sig=signal.SIGKILL):
        """Kills the program and waits for its end, not for its successor."""
        pid = self.pid_of(name)
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            return
        process_ended(pid)

    def queue_is_empty(self):
        """Whether the queue is empty.  A file that is not executable is not,
        or not yet, a message."""
        for name in ("maildrop", "incoming", "active", "deferred"):
            top = os.path.join(self.dir, "spool", name)
            for folder, _, files in os.walk(top):
                if any(os.access(os.path.join(folder, f), os.X_OK)
                       for f in files):
                    return False
        return True

    def wait_queue_empty(self, box):
        """Waits, in IDLE, until Postfix has nothing left to retry."""
        until = deadline()
        while not self.queue_is_empty() and left(until) > 0:
            box.wait_exists(box.exists + 1, 0.2)
        return self.queue_is_empty()

    def imap(self, login="you@localhost", mailbox="INBOX", tls=False):
        return Mailbox(self.base + (993 if tls else 143), login, mailbox,
                       tls=tls)

    def smtp(self, offset=25, login=None, starttls=False,
             password=PASSWORD):
        context = ssl.create_default_context(
            cafile=os.path.join(self.dir, "tls", "cert.pem"))
        if offset == 465:
            s = smtplib.SMTP_SSL("127.0.0.1", self.base + offset,
                                 timeout=PATIENCE, context=context,
                                 local_hostname="localhost")
        else:
            s = smtplib.SMTP("127.0.0.1", self.base + offset,
                             timeout=PATIENCE, local_hostname="localhost")
        if starttls:
            s.starttls(context=context)
        if login is not None:
            s.login(login, password)
        return s

    def send(self, sender, recipients, message, **how):
        s = self.smtp(**how)
        try:
            return s.sendmail(sender, recipients, message)
        finally:
            try:
                s.quit()
            except (OSError, smtplib.SMTPException):
                pass

    def postern(self, *args, data=None):
        """Runs the command line tool.  Returns (status, stdout, stderr)."""
        return run([POSTERN, "-c", os.path.join(self.dir, "postern.conf")]
                   + list(args), data=data)


# For import: an account whose password takes minutes to check.  While one
# login to it runs, with auth-threads = 1, no other password is checked.
SLOW_ACCOUNT = 'account %s\npassword %s label="" hash="' \
    '$6$rounds=999999999$saltsalt$' + "x" * 86 + '"\n'


def message(subject, sender="me@example.org", to="somebody@example.com",
            body="text\r\n"):
    return ("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n"
            "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            "Message-ID: <%s@test.example>\r\n\r\n%s"
            % (sender, to, subject, subject.replace(" ", "."), body))
