#!/usr/bin/env python3
"""The same as crash.t, with 200 rounds."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crash  # noqa: E402

crash.main(200)
