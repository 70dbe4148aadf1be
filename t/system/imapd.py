"""postern-imapd by itself in a scratch folder, for tests of its protocols.

    with Imapd() as d:
        d.account("alice@example.test", "secret")
        ... d.imap_port, d.lmtp_port, d.path("run", "socketmap") ...

The end of the with block stops it, and raises if it did not exit cleanly or a
sanitizer reported something.
"""
import ctypes
import os
import resource
import signal
import subprocess

import lib

IMAPD = os.path.join(lib.TOP_BUILD, "imapd", "postern-imapd")
DOMAIN = "example.test"

CONF = """\
hostname = mx.example.test
state-dir = {top}/state
run-dir = {top}/run
imap-listen = 127.0.0.1:{imap_port}
imaps-listen = 127.0.0.1:{imaps_port}
lmtp-listen = 127.0.0.1:{lmtp_port}, unix:lmtp
tls-cert = {top}/cert.pem
tls-key = {top}/key.pem
message-size-max = {message_size_max}
argon2-memory = 64K
argon2-time = 1
auth-failure-delay = 0
imapd-user = root
milter-user = root
admin-user = root
{extra}
"""


class Imapd:
    def __init__(self, extra="", message_size_max=20 << 20, top=None,
                 env=None, check=True, files_max=None):
        self.top = top or lib.scratch()
        self.message_size_max = message_size_max
        self.imap_port = lib.free_port()
        self.imaps_port = lib.free_port()
        self.lmtp_port = lib.free_port()
        self.env = env
        self.check = check
        self.files_max = files_max
        self.conf = self.path("postern.conf")
        self.process = None
        if not os.path.exists(self.path("cert.pem")):
            self.make_certificate()
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(CONF.format(
                top=self.top, imap_port=self.imap_port,
                imaps_port=self.imaps_port, lmtp_port=self.lmtp_port,
                message_size_max=message_size_max, extra=extra))

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def make_certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-keyout", self.path("key.pem"),
             "-out", self.path("cert.pem")],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        """Starts it.  Returns whether it became ready."""
        self.process = lib.Process(
            [IMAPD, "-c", self.conf], self.path("log"), env=self.env,
            preexec=self.limit_files if self.files_max else None)
        return self.process.wait_ready()

    def limit_files(self):
        # Root may raise limits, but imapd must not.
        resource.setrlimit(resource.RLIMIT_NOFILE,
                           (self.files_max, self.files_max))
        libc = ctypes.CDLL(None)
        if libc.prctl(24, 24, 0, 0, 0) != 0 and os.geteuid() == 0:
            raise OSError("CAP_SYS_RESOURCE stays")

    def kill(self):
        self.process.kill(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        status = self.process.stop()
        if self.check:
            log = self.process.log()
            found = lib.SANITIZER.search(log)
            if found:
                raise AssertionError(
                    log[found.start():][:4000].decode(errors="replace"))
            if status != 0:
                raise AssertionError(f"exit status {status}: "
                                     + log[-2000:].decode(errors="replace"))

    def __enter__(self):
        if not self.start():
            raise RuntimeError("postern-imapd did not start: "
                               + self.process.log()[-4000:].decode())
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print("#", self.process.log()[-6000:].decode(
                errors="replace").replace("\n", "\n# "))
        if self.process.popen.poll() is None:
            self.stop()

    def postern(self, *args, data=None, fail=False):
        """Runs the command line tool, which must succeed.  Returns its output.
        """
        status, out, err = lib.run([lib.POSTERN, "-c", self.conf]
                                   + list(args), data=data)
        if (status != 0) != fail:
            raise AssertionError(f"postern {args}: {status} {out} {err}")
        return (out + err if fail else out).decode()

    def account(self, login, password, domain=DOMAIN):
        """Adds an account with an address of the same name."""
        if domain not in self.postern("domain", "list"):
            self.postern("domain", "add", domain)
        self.postern("account", "add", "--stdin", login,
                     data=password.encode() + b"\n")
        self.postern("address", "add", login, login)

    def verify(self):
        """Returns the faults that --verify finds in the closed store."""
        status, out, err = lib.run(
            [IMAPD, "-c", self.conf, "--verify"])
        return "" if status == 0 else (out + err).decode() or "failed"
