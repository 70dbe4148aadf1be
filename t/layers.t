#!/usr/bin/env python3
"""The floors: a file includes its own folder and lower floors only."""
import os
import re
import sys

TOP = os.environ.get("top_srcdir") or os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))

# From the ground up.  Programs stand side by side on the last floor.
FLOORS = ["lib/base", "lib/mail", "lib/proto", "lib/net", "lib/auth",
          "lib/smtp", "junk", "lib/store"]
PROGRAMS = ["milter", "imapd", "queue-router", "webadmin", "ctl"]

# lib/store is linked by imapd alone.
STORE_USERS = {"lib/store", "imapd"}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(folder):
    for name in sorted(os.listdir(os.path.join(TOP, folder))):
        if name.endswith((".c", ".h")):
            yield os.path.join(folder, name)


def home_of(include):
    """The folder that an include names, or None."""
    part = include.split("/")[0]
    for folder in FLOORS + PROGRAMS:
        if folder in (part, "lib/" + part):
            return folder
    return None


def faults_of(folder, path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        text = f.read()
    for include in INCLUDE.findall(text):
        target = home_of(include) if "/" in include else None
        if target is None:
            yield f'{path}: "{include}" does not name its folder'
        elif target == folder:
            pass
        elif target in PROGRAMS:
            yield f'{path}: "{include}" is of another program'
        elif folder in FLOORS and FLOORS.index(target) > FLOORS.index(folder):
            yield f'{path}: "{include}" is of a higher floor'
        elif target == "lib/store" and folder not in STORE_USERS:
            yield f'{path}: "{include}": only imapd links the store'
    if path.endswith(".c") and not re.search(
            r'^#\s*include\s+<config\.h>', text, re.M):
        yield f"{path}: does not include <config.h> first"


def main():
    folders = [f for f in FLOORS + PROGRAMS
               if os.path.isdir(os.path.join(TOP, f))]
    print(f"1..{len(folders)}")
    bad = 0
    for n, folder in enumerate(folders, 1):
        faults = [x for path in sources(folder) for x in faults_of(folder, path)]
        for fault in faults:
            print("#", fault)
        bad += bool(faults)
        print("not ok" if faults else "ok", n,
              f"- {folder} includes its own and lower floors only")
    return bad and 1


sys.exit(main())
