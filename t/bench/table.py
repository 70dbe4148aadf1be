#!/usr/bin/env python3
"""The figures of t/bench/run.sh as a table of medians.

Reads lines "SERVER ROW.UNIT VALUE".  The ratio is how many times better
postern is than the better one of the others; below 1 it is worse.
"""
import statistics
import sys

UNITS = {"rate": "/s", "mb": "MB/s", "ms": "ms", "p99": "p99 ms",
         "max": "max ms",
         "cpu": "CPU ms", "kb": "KB"}
MORE_IS_BETTER = ("rate", "mb")
# CPU time is counted in ticks of 10 ms: below that it means nothing.
TICK_MS = 10


def read(path):
    figures, rows, servers = {}, [], []
    with open(path, encoding="ascii") as f:
        for line in f:
            server, row, value = line.split()
            if row not in rows:
                rows.append(row)
            if server not in servers:
                servers.append(server)
            figures.setdefault((row, server), []).append(float(value))
    return figures, rows, servers


def text(value):
    if value is None:
        return ""
    return "%.0f" % value if value >= 100 else "%.3g" % value


def ratio(unit, ours, others):
    if ours is None or not others:
        return None
    if unit in MORE_IS_BETTER:
        return ours / max(others)
    return min(others) / ours if ours > 0 else None


def print_row(cells, widths):
    print("| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths)) + " |")


def main():
    figures, rows, servers = read(sys.argv[1])
    servers.sort(key=lambda s: s != "postern")
    lines = [["row"] + servers + ["ratio"]]
    for row in rows:
        name, unit = row.rsplit(".", 1)
        medians = {s: statistics.median(figures[row, s])
                   for s in servers if (row, s) in figures}
        if unit == "cpu" and name[:4] != "lmtp" and \
                max(medians.values()) < TICK_MS:
            continue
        ours = medians.get("postern")
        others = [v for s, v in medians.items() if s != "postern"]
        lines.append(["%s, %s" % (name, UNITS[unit])] +
                     [text(medians.get(s)) for s in servers] +
                     [text(ratio(unit, ours, others))])
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(lines[0]))]
    print_row(lines[0], widths)
    print_row(["-" * w for w in widths], widths)
    for line in lines[1:]:
        print_row(line, widths)


main()
