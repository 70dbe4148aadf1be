#!/usr/bin/env python3
"""Backups of postern-imapd under load are complete and of one moment.

POSTERN_ROUNDS says how many (2).
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import backup  # noqa: E402

backup.main(2)
