#!/usr/bin/env python3
"""Each program is killed at each stage of a delivery and of a submission.

Each message arrives exactly once, or its sender got a refusal.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import restart_matrix  # noqa: E402

restart_matrix.main(2, False)
