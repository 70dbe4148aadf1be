#!/usr/bin/env python3
"""postern-imapd is killed under load, and nothing acknowledged is lost.

POSTERN_ROUNDS is the number of kills (5), POSTERN_SEED repeats the choices of
a run.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crash  # noqa: E402

crash.main(5)
