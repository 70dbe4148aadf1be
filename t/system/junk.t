#!/usr/bin/env python3
"""The commands junk classify, train, prior and stream, on mail in files."""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap                                                    # noqa: E402

TOP = os.environ.get("top_builddir", "build")
POSTERN = os.path.join(os.path.abspath(TOP), "ctl", "postern")
DIR = tempfile.mkdtemp(prefix="postern-junk-")
MESSAGES = 60


def path(*names):
    return os.path.join(DIR, *names)


def run(*args, stdin="", status=0):
    env = dict(os.environ, TZ="UTC")
    env.pop("POSTERN_CONF", None)
    p = subprocess.run([POSTERN, "junk", *args], input=stdin, env=env,
                       capture_output=True, text=True, timeout=60)
    assert p.returncode == status, (args, p.returncode, p.stdout, p.stderr)
    return p


def message(n, junk):
    rng = random.Random(n * 2 + junk)
    words = " ".join(rng.choice(["offer", "prize", "pills", "click"] if junk
                                else ["meeting", "lunch", "patch", "review"])
                     for _ in range(40))
    return (f"Received: from x by y; Tue, 1 Dec 2026 00:{n % 60:02}:00 +0000\n"
            f"From: {'shop' if junk else 'friend'}{n}@example.com\n"
            f"Subject: {'Win' if junk else 'Re:'} {n}\n\n"
            f"{words} {rng.random()}\n")


def write(name, text):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w") as f:
        f.write(text)
    return path(name)


def mail_make():
    """Junk in an mbox file, ham in a Maildir; a few of each in files."""
    write("junk.mbox", "".join(f"From x@example.com Tue Dec  1\n"
                               f"{message(n, True)}\n"
                               for n in range(MESSAGES)))
    for folder in ("cur", "new", "tmp"):
        os.makedirs(path("ham", folder))
    for n in range(MESSAGES):
        write(f"ham/{'cur' if n % 2 else 'new'}/{n}", message(n, False))
    write("ham/tmp/1", message(1, True))
    for n in range(1000, 1010):
        write(f"test/junk{n}", message(n, True))
        write(f"test/ham{n}", message(n, False))


def stream(lines, *args):
    p = run("stream", "--db", path("stream"), *args,
            stdin="".join(x + "\n" for x in lines))
    return p.stdout.splitlines()


def verdicts(*args):
    """{file name: verdict}"""
    out = run("classify", *args).stdout
    return {os.path.basename(line.split()[2]): line.split()[0]
            for line in out.splitlines()}


# ---- tests

def a_table_is_trained_from_mbox_and_Maildir():
    p = run("train", "--db", path("db"), "--junk", path("junk.mbox"),
            "--ham", path("ham"))
    assert p.stdout == (f"trained {MESSAGES} junk and {MESSAGES} ham "
                        "messages\n"), p.stdout
    assert p.stderr == ""


def it_tells_junk_from_ham():
    v = verdicts("--db", path("db"), path("test"))
    assert len(v) == 20
    for name, verdict in v.items():
        assert verdict == re.match("[a-z]*", name)[0], (name, verdict)


def messages_of_an_mbox_file_are_numbered():
    out = run("classify", "--db", path("db"), path("junk.mbox")).stdout
    lines = out.splitlines()
    assert len(lines) == MESSAGES
    assert lines[6].endswith("/junk.mbox:7"), lines[6]


def lines_of_an_mbox_file_may_end_with_CRLF():
    with open(path("junk.mbox"), "rb") as f:
        text = f.read()
    with open(path("crlf.mbox"), "wb") as f:
        f.write(text.replace(b"\n", b"\r\n"))
    out = [run("classify", "--db", path("db"), path(name)).stdout
           for name in ("junk.mbox", "crlf.mbox")]
    assert out[0].replace("junk.mbox", "crlf.mbox") == out[1]


def an_explanation_names_words():
    out = run("classify", "--json", "--explain", "--db", path("db"),
              path("test", "junk1000")).stdout
    j, = json.loads(out)
    assert j["verdict"] == "junk" and j["score"] > j["threshold"]
    assert abs(sum(j["parts"].values()) - j["score"]) < 1e-6
    words = [w["word"] for w in j["for-junk"]]
    assert any(w in ("subject: win", "win", "click", "prize", "pills",
                     "offer") for w in words), words
    assert all(w["score"] < 0 for w in j["for-ham"])
    text = run("classify", "--explain", "--db", path("db"),
               path("test", "junk1000")).stdout
    assert "trained 60 junk and 60 ham" in text, text


def control_characters_of_words_are_not_printed():
    write("evil", "Subject: x\n\n\x1b[31mclick\x7f \x9b click\n")
    out = run("classify", "--explain", "--db", path("db"), path("evil"))
    assert "\x1b" not in out.stdout


def a_prior_serves_an_account_that_has_nothing():
    p = run("prior", "--output", path("prior"), "--junk", path("junk.mbox"),
            "--ham", path("ham"))
    assert "hardly of use" in p.stderr
    scores = {}
    for line in run("classify", "--prior", path("prior"),
                    path("test")).stdout.splitlines():
        verdict, score, name = line.split()
        scores[os.path.basename(name)] = float(score)
    assert all((s > 0) == n.startswith("junk") for n, s in scores.items())


def a_prior_and_a_table_are_not_confused():
    p = run("classify", "--prior", path("db", "table"), path("test"),
            status=1)
    assert "not a prior" in p.stderr
    os.makedirs(path("wrong"))
    shutil.copy(path("prior"), path("wrong", "table"))
    p = run("classify", "--db", path("wrong"), path("test"), status=1)
    assert "is a prior" in p.stderr


def a_table_may_have_another_key_than_the_prior():
    v = verdicts("--db", path("db"), "--prior", path("prior"), path("test"))
    assert all(n.startswith(verdict) for n, verdict in v.items()), v


def a_damaged_table_is_set_aside():
    shutil.copytree(path("db"), path("damaged"))
    with open(path("damaged", "table"), "r+b") as f:
        f.seek(100000)
        f.write(b"\xff\x00\xff")
    p = run("train", "--db", path("damaged"), "--junk", path("junk.mbox"))
    assert "was damaged" in p.stderr
    assert p.stdout == f"trained {MESSAGES} junk and 0 ham messages\n"
    assert os.path.exists(path("damaged", "table.damaged"))


# Of each kind: enough that no seed leaves the verdict to chance.
TRAINED = 150


def the_stream_classifies_and_trains():
    lines = []
    for n in range(TRAINED):
        lines += [f"train junk {write(f's/j{n}', message(n, True))}",
                  f"train ham {write(f's/h{n}', message(n, False))}"]
    lines += [f"classify {path('test', 'junk1000')}",
              f"classify {path('test', 'ham1000')}", "size", "quit"]
    out = stream(lines)
    assert out[:2 * TRAINED] == ["ok"] * 2 * TRAINED
    junk, ham, size = out[2 * TRAINED:]
    assert re.fullmatch(r"score=\S+ verdict=spam", junk), junk
    assert re.fullmatch(r"score=-\S+ verdict=ham", ham), ham
    assert re.fullmatch(r"bytes=\d+", size), size


def the_stream_goes_on_with_its_table():
    out = stream([f"classify {path('test', 'junk1000')}"])
    assert out[0].endswith("verdict=spam"), out


def the_stream_untrains_exactly():
    name = path("test", "junk1001")
    ask = f"classify {path('test', 'ham1001')}"
    out = stream([ask, f"train ham {name}", ask, f"untrain ham {name}", ask])
    assert out[1] == out[3] == "ok"
    assert out[0] == out[4] != out[2], out


def the_stream_answers_what_it_cannot_do():
    out = stream(["classify /nonexistent", "train maybe x",
                  f"untrain ham {path('test', 'junk1001')}", "dance",
                  f"train spam {path('test', 'junk1002')}"])
    assert out[0].startswith("error ") and "/nonexistent" in out[0], out
    assert out[1] == "error neither junk nor ham"
    assert out[2].startswith("error ") and "was not trained" in out[2]
    assert out[3] == "error unknown request"
    assert out[4] == "ok"


def the_same_seed_gives_the_same_scores():
    lines = [f"train junk {path('s', 'j1')}", f"train ham {path('s', 'h1')}",
             f"classify {path('test', 'junk1001')}"]
    scores = []
    for folder, seed in ("seed1", "1"), ("seed2", "1"), ("seed3", "2"):
        p = run("stream", "--db", path(folder), "--seed", seed,
                stdin="\n".join(lines) + "\n")
        scores.append(p.stdout.splitlines()[2])
    assert scores[0] == scores[1] != scores[2], scores
    p = run("stream", "--db", path("seed4"), "--seed", "x", status=1)
    assert "'x' is not a number" in p.stderr


def a_folder_serves_one_process():
    p = subprocess.Popen([POSTERN, "junk", "stream", "--db", path("stream")],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         text=True)
    p.stdin.write("size\n")
    p.stdin.flush()
    assert p.stdout.readline().startswith("bytes=")
    q = run("classify", "--db", path("stream"), path("test"), status=1)
    assert "lock" in q.stderr, q.stderr
    p.communicate("quit\n")
    assert p.returncode == 0


def options_that_are_missing_are_named():
    for args in (["train", "--junk", "x"], ["classify", "x"], ["stream"],
                 ["prior", "--junk", "x"], ["train", "--db", path("new")]):
        p = run(*args, status=2)
        assert "needed" in p.stderr, p.stderr
    p = run("classify", "--db", path("db"), "/nonexistent", status=1)
    assert "cannot read '/nonexistent'" in p.stderr


TESTS = [
    a_table_is_trained_from_mbox_and_Maildir,
    it_tells_junk_from_ham,
    messages_of_an_mbox_file_are_numbered,
    lines_of_an_mbox_file_may_end_with_CRLF,
    an_explanation_names_words,
    control_characters_of_words_are_not_printed,
    a_prior_serves_an_account_that_has_nothing,
    a_prior_and_a_table_are_not_confused,
    a_table_may_have_another_key_than_the_prior,
    a_damaged_table_is_set_aside,
    the_stream_classifies_and_trains,
    the_stream_goes_on_with_its_table,
    the_stream_untrains_exactly,
    the_stream_answers_what_it_cannot_do,
    the_same_seed_gives_the_same_scores,
    a_folder_serves_one_process,
    options_that_are_missing_are_named,
]

mail_make()
try:
    status = tap.run(TESTS)
finally:
    shutil.rmtree(DIR)
sys.exit(status)
