#!/usr/bin/env python3
"""The files of contrib/postfix with a Postfix that is chrooted as Debian's is.

imapd, milter and Postfix run as three users, as in production.
"""
import os
import re
import shutil
import smtplib
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib  # noqa: E402
import network  # noqa: E402

ALICE, BOB = "alice@example.test", "bob@example.test"
TEAM = "team@example.test"
FAR = "friend@far.example"
MX = "127.0.0.25"

# Existing system users: tests add none.
POSTFIX_USER, POSTFIX_GROUP = "uucp", "games"

MAIN_CF = """\
compatibility_level = 3.6
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C
    LD_LIBRARY_PATH={root}/usr/lib/postfix POSTLOG_SERVICE POSTLOG_HOSTNAME
queue_directory = {top}/spool
data_directory = {top}/data
maillog_file = {top}/mail.log
maillog_file_prefixes = {top}
mail_owner = {user}
setgid_group = {group}
myhostname = mx.example.test
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_chain_files = {top}/key.pem, {top}/cert.pem
smtpd_tls_security_level = may
# Clients are as from elsewhere.
mynetworks =
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 5s
transport_retry_time = 1s
"""

POSTERN_CONF = """\
hostname = mx.example.test
state-dir = state
run-dir = run
imapd-user = news
milter-user = irc
imap-listen = 127.0.0.1:{imap}
imaps-listen = ""
tls-cert = cert.pem
tls-key = key.pem
postfix-config-dir = etc
"""


def contributed(name):
    with open(os.path.join(lib.TOP_SRC, "contrib", "postfix", name)) as f:
        return f.read()


class Site:
    """A mail server set up as the manual says, on other ports."""

    def __init__(self):
        self.top = lib.scratch()
        self.root = lib.postfix_dir()
        self.port = {name: lib.free_port() for name in
                     ("smtp", "submission", "submissions", "imap")}
        self.programs = {}
        os.chmod(self.top, 0o755)
        for name in ("etc", "spool/postern", "spool/etc", "data", "run",
                     "state"):
            os.makedirs(self.path(name))
        shutil.chown(self.path("data"), POSTFIX_USER)
        # "install -d -o root -g postfix -m 0750"
        shutil.chown(self.path("spool/postern"), "root", POSTFIX_USER)
        os.chmod(self.path("spool/postern"), 0o750)
        # Debian's start script copies these into the chroot.
        for name in ("hosts", "nsswitch.conf", "resolv.conf", "services"):
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, self.path("spool/etc"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", self.path("key.pem"),
             "-out", self.path("cert.pem")],
            check=True, stderr=subprocess.DEVNULL)
        self.write_postfix()
        self.write("postern.conf", POSTERN_CONF.format(**self.port) +
                   self.here(contributed("postern.conf")))

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def here(self, text):
        """The shipped lines, changed to this folder and its users."""
        text = text.replace("/var/spool/postfix", self.path("spool"))
        text = text.replace("/etc/postfix", self.path("etc"))
        return text.replace("mta-socket-group = postfix",
                            "mta-socket-group = " + POSTFIX_USER)

    def write_postfix(self):
        self.write("etc/main.cf", MAIN_CF.format(
            root=self.root, top=self.top, user=POSTFIX_USER,
            group=POSTFIX_GROUP) + self.here(contributed("main.cf")))
        with open(os.path.join(self.root,
                               "usr/share/postfix/master.cf.dist")) as f:
            services = f.read() + contributed("master.cf")
        for name in ("smtp", "submission", "submissions"):
            services = re.sub(r"(?m)^%s( +inet)" % name, r"127.0.0.1:%d\1"
                              % self.port[name], services)
        self.write("etc/master.cf", services)
        self.write("etc/postern-origin.regexp",
                   contributed("postern-origin.regexp"))

    def start(self, name):
        """Starts postern-imapd or postern-milter."""
        path = os.path.join(lib.TOP_BUILD, name.split("-")[1], name)
        p = lib.Process([path, "-c", "postern.conf"], self.path(name + ".log"),
                        cwd=self.top)
        self.programs[name] = p
        return p.wait_ready()

    def stop(self, name):
        return self.programs.pop(name).stop()

    def postfix(self, verb):
        env = dict(os.environ,
                   LD_LIBRARY_PATH=self.root + "/usr/lib/postfix")
        return lib.run([self.root + "/usr/sbin/postfix", "-c",
                        self.path("etc"), verb], env=env)[0]

    def postern(self, *args, data=None):
        status, out, log = lib.run(
            [lib.POSTERN, "-c", self.path("postern.conf")] + list(args),
            data=data)
        if status != 0:
            raise RuntimeError(" ".join(args) + ": " + log.decode())
        return out

    def smtp(self, name="smtp", login=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if name == "submissions":
            s = smtplib.SMTP_SSL("127.0.0.1", self.port[name],
                                 timeout=lib.PATIENCE, context=context,
                                 local_hostname="client.far.example")
        else:
            s = smtplib.SMTP("127.0.0.1", self.port[name],
                             timeout=lib.PATIENCE,
                             local_hostname="client.far.example")
        if login is not None:
            if name == "submission":
                s.starttls(context=context)
            s.login(login, lib.PASSWORD)
        return s

    def answer(self, sender, recipient, **how):
        """Code and text for a sender and recipient, from whichever command is
        refused."""
        s = self.smtp(**how)
        s.ehlo_or_helo_if_needed()
        code, text = s.mail(sender)
        if code == 250:
            code, text = s.rcpt(recipient)
        s.close()
        return "%d %s" % (code, text.decode())

    def box(self, login):
        return lib.Mailbox(self.port["imap"], login)

    def log(self):
        with open(self.path("mail.log")) as f:
            return f.read()


def make_accounts(site):
    site.postern("domain", "add", "example.test")
    for login in (ALICE, BOB):
        site.postern("account", "add", "--stdin", login,
                     data=lib.PASSWORD.encode() + b"\n")
        site.postern("address", "add", login, login)
    site.postern("alias", "add", TEAM, ALICE, BOB)


def test_inbound(t, site):
    s = site.smtp()
    s.sendmail(FAR, [ALICE], lib.message("for alice", FAR, ALICE))
    s.sendmail(FAR, [TEAM], lib.message("for the team", FAR, TEAM))
    s.quit()
    with site.box(ALICE) as alice, site.box(BOB) as bob:
        t.ok(alice.wait_exists(2) and bob.wait_exists(1),
             "mail for an account and for an alias is delivered")
        t.equal(sorted(alice.subjects()), ["for alice", "for the team"],
                "each message is delivered once")
    for recipient, want, title in (
            ("nobody@example.test", "^550 5.1.1", "an unknown address"),
            ("x@other.example", "^554 5.7.1", "somebody else's domain")):
        t.match(site.answer(FAR, recipient), want, title + " is refused")
    site.postern("account", "set", BOB, "quota-bytes=1")
    t.match(site.answer(FAR, BOB), "^452 4.2.2",
            "mail to a full account gets 452")
    site.postern("account", "set", BOB, "quota-bytes=default")
    t.match(site.answer(FAR, BOB), "^250",
            "mail is accepted when the account is not full")


def test_submission(t, site):
    s = site.smtp("submission")
    s.ehlo()
    t.ok(not s.has_extn("auth"), "no AUTH is offered without TLS")
    s.quit()
    for name in ("submission", "submissions"):
        t.match(site.answer(FAR, ALICE, name=name), "^5",
                "%s accepts nothing without a login" % name)
        for sender, want in ((ALICE, "^250"), (TEAM, "^250"),
                             (BOB, "^553 5.7.1"), (FAR, "^553 5.7.1")):
            t.match(site.answer(sender, BOB, name=name, login=ALICE), want,
                    "%s as alice with <%s>" % (name, sender))


def test_outbound(t, site, sink):
    s = site.smtp("submission", ALICE)
    s.sendmail(ALICE, [FAR, BOB], lib.message("outward", ALICE, FAR))
    s.quit()
    t.ok(sink.wait(1), "submitted mail to a remote recipient is sent")
    t.ok(b"postern-origin" not in sink.messages[0][2].lower(),
         "it is sent without the sealed field")
    with site.box(BOB) as bob:
        t.ok(bob.wait_exists(2), "the local recipient gets it, too")


def test_warnings(t, site):
    # These two have to be setgid; an unpacked one cannot be.
    harmless = re.compile(r"postqueue|postdrop|not owned by root")
    t.equal([line for line in site.log().splitlines()
             if re.search(r"warning:|error:|fatal:", line)
             and not harmless.search(line)], [],
            "there is no warning in Postfix's log")


def test_away(t, site):
    """451 while one of our programs is away; afterwards all is well."""
    for name in ("postern-milter", "postern-imapd"):
        site.stop(name)
        t.match(site.answer(FAR, ALICE), "^451",
                "mail gets 451 without " + name)
        t.ok(site.start(name), name + " starts again")
        t.match(site.answer(FAR, ALICE), "^250",
                "mail gets 250 when it is back")


def main():
    lib.postfix_dir()
    network.enter("127.0.0.53")
    t = lib.Tap()
    network.Dns({"far.example": {"MX": "mx.far.example"},
             "mx.far.example": {"A": MX}})
    sink = network.Sink(25, MX)
    site = Site()
    try:
        t.ok(site.start("postern-imapd"), "postern-imapd is ready")
        t.ok(site.start("postern-milter"), "postern-milter is ready")
        make_accounts(site)
        t.equal(site.postfix("start"), 0, "Postfix starts")
        out = site.postern("config", "check")
        t.match(out, "no problems", "config check finds no problem")
        test_inbound(t, site)
        test_submission(t, site)
        test_outbound(t, site, sink)
        test_warnings(t, site)
        test_away(t, site)
    finally:
        site.postfix("stop")
        for name in list(site.programs):
            t.equal(site.stop(name), 0, name + " stops")
        if t.failed or t.count < 30:
            t.note(site.log()[-4000:])
            for name in ("postern-imapd", "postern-milter"):
                with open(site.path(name + ".log")) as f:
                    t.note(f.read()[-4000:])
    t.done()


main()
