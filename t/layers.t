#!/usr/bin/env python3
"""The floors of the tree: a file includes its own folder and lower floors,
no modules include each other in a circle, a file name occurs once, a unit
test bears the name of the module it tests, and some calls are made in one
folder only.

A module is x.c with x.h and x-private.h.
"""
import collections
import os
import re
import sys

TOP = os.environ.get("top_srcdir") or os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))

# From the ground up.  Folders on one floor do not include each other.
FLOORS = [
    ["lib/base"], ["lib/config"], ["lib/mail"], ["lib/proto"], ["lib/net"],
    ["lib/login", "lib/auth"], ["lib/smtp"], ["junk"], ["lib/kv"],
    ["lib/commit"], ["lib/segment"], ["lib/directory"], ["lib/evidence"],
    ["lib/store"], ["lib/repair", "lib/command"],
    ["milter", "imapd", "queue-router", "webadmin", "ctl", "localserve"],
]
FLOOR_OF = {folder: n for n, floor in enumerate(FLOORS) for folder in floor}
PROGRAMS = FLOORS[-1]

# Only the owner of a database links these.
STORE = {"lib/kv", "lib/commit", "lib/segment", "lib/directory",
         "lib/evidence", "lib/store", "lib/repair"}
STORE_USERS = {"imapd": STORE, "queue-router": {"lib/kv", "lib/commit"}}

# Calls that only lib/base makes: base/thread.h blocks signals and sets the
# stack size, base/condition.h waits by the clock that is never set.
THREAD_CALL = re.compile(
    r"\b(pthread_create|thrd_create|pthread_cond_init|pthread_condattr_\w+|"
    r"pthread_(cond|mutex|rwlock)_(timed|clock)\w+|sem_(timed|clock)wait)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def folders():
    return [f for floor in FLOORS for f in floor
            if os.path.isdir(os.path.join(TOP, f))]


def sources(folder):
    for name in sorted(os.listdir(os.path.join(TOP, folder))):
        if name.endswith((".c", ".h")):
            yield folder + "/" + name


def text_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def target_of(include):
    """The path below the top folder that an include names, or None."""
    for path in (include, "lib/" + include):
        if os.path.dirname(path) in FLOOR_OF:
            return path
    return None


def may_link_store(folder, target):
    return (target not in STORE or folder in STORE
            or target in STORE_USERS.get(folder, ()))


def floor_faults(folder, path):
    text = text_of(path)
    for include in INCLUDE.findall(text):
        target = target_of(include)
        home = target and os.path.dirname(target)
        if target is None:
            yield f'{path}: "{include}" does not name its folder'
        elif home == folder:
            pass
        elif target.endswith("-private.h"):
            yield f'{path}: "{include}" is private to {home}'
        elif home in PROGRAMS:
            yield f'{path}: "{include}" is of another program'
        elif FLOOR_OF[home] == FLOOR_OF[folder]:
            yield f'{path}: "{include}" is of the same floor'
        elif FLOOR_OF[home] > FLOOR_OF[folder]:
            yield f'{path}: "{include}" is of a higher floor'
        elif not may_link_store(folder, home):
            yield f'{path}: "{include}": {folder} does not link {home}'
    if path.endswith(".c") and not re.search(
            r'^#\s*include\s+<config\.h>', text, re.M):
        yield f"{path}: does not include <config.h> first"


def module_of(path):
    return re.sub(r"(-private)?\.[ch]$", "", path)


def module_graph():
    graph = collections.defaultdict(set)
    for folder in folders():
        for path in sources(folder):
            for include in INCLUDE.findall(text_of(path)):
                target = target_of(include)
                if target and module_of(target) != module_of(path):
                    graph[module_of(path)].add(module_of(target))
    return graph


def circles_of(graph):
    """Strongly connected components of more than one module (Tarjan)."""
    index, low, stack, circles = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph.get(v, ())):
            if w not in index:
                visit(w)
            if w in stack:
                low[v] = min(low[v], low[w])
        if low[v] == index[v]:
            circle = stack[stack.index(v):]
            del stack[stack.index(v):]
            if len(circle) > 1:
                circles.append(sorted(circle))

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return circles


def circle_faults():
    for circle in circles_of(module_graph()):
        yield f"{len(circle)} modules include each other: {' '.join(circle)}"


def name_faults():
    seen = {}
    for folder in folders():
        for path in sources(folder):
            name = os.path.basename(path)
            if name in seen:
                yield f"{path}: the name occurs in {seen[name]} too"
            seen.setdefault(name, path)
            if "-" in name.replace("-private.h", ""):
                yield f"{path}: a hyphen is only for -private.h"


def tested_module(test, modules):
    """The module that test_MODULE or test_MODULE_ASPECT names, or None."""
    words = test.removeprefix("test_").split("_")
    for n in range(len(words), 0, -1):
        if "_".join(words[:n]) in modules:
            return "_".join(words[:n])
    return None


def test_name_faults():
    modules = {os.path.basename(module_of(path))
               for folder in folders() for path in sources(folder)}
    for path in sources("t/unit"):
        name = os.path.basename(path)
        if name.startswith("test_") and not tested_module(
                name.removesuffix(".c"), modules):
            yield f"{path}: no module has that name, or begins it"


def thread_faults():
    for folder in folders():
        for path in sources(folder):
            for call in THREAD_CALL.finditer(text_of(path)):
                if folder != "lib/base":
                    yield (f"{path}: {call[0]} belongs to base/thread.h or "
                           "base/condition.h")


def main():
    tests = [(f"{folder} includes its own and lower floors only",
              [x for path in sources(folder)
               for x in floor_faults(folder, path)])
             for folder in folders()]
    tests.append(("no modules include each other in a circle",
                  list(circle_faults())))
    tests.append(("a file name occurs once, without hyphens",
                  list(name_faults())))
    tests.append(("a unit test bears the name of the module it tests",
                  list(test_name_faults())))
    tests.append(("threads start and timed waits are made in lib/base only",
                  list(thread_faults())))
    print(f"1..{len(tests)}")
    for n, (title, faults) in enumerate(tests, 1):
        for fault in faults:
            print("#", fault)
        print("not ok" if faults else "ok", n, "-", title)
    return any(faults for _, faults in tests)


sys.setrecursionlimit(10000)
sys.exit(main())
