"""Runs test functions and speaks TAP.

A test's title is its name in words; it fails by raising anything.  Words on
the command line pick tests whose title contains one of them.
"""
import sys
import traceback


def run(tests, *args):
    """Runs the tests.  Returns the exit status: 0 if all passed."""
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or any(
        w in t.__name__ or w in title(t) for w in wanted)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for n, test in enumerate(tests, 1):
        try:
            test(*args)
        except Exception:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print("#", line[:2000])
            print("not ok", n, "-", title(test), flush=True)
        else:
            print("ok", n, "-", title(test), flush=True)
    return failed != 0


def title(test):
    return test.__name__.replace("_", " ")
