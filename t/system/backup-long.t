#!/usr/bin/env python3
"""Backups of postern-imapd under load are complete and show one moment.

POSTERN_ROUNDS is the number of backups (20).
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import backup  # noqa: E402

backup.main(20)
