#!/usr/bin/env python3
"""The same as restart-matrix.t, with 100 messages of either kind at each
stage.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import restart_matrix  # noqa: E402

restart_matrix.main(100, True)
