"""Where commands print."""

import sys

from rich.console import Console

_FILE_WIDTH = 200
"""Columns where the output is no terminal, so that no table is cut."""


def console() -> Console:
    """Standard output, as wide as the terminal, or wide enough for any table where it is none."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _FILE_WIDTH)
