"""Whether decoded images fit into memory, asked before the first is decoded."""

import os
from pathlib import Path

from nars.errors import DataError

_MEMINFO = Path("/proc/meminfo")


def available_bytes() -> int:
    """Memory that can be had without swapping; physical memory where the system does not tell."""
    # Linux counts the file cache as used in SC_AVPHYS_PAGES, though it gives it back on demand.
    if _MEMINFO.exists():
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def require_memory(num_bytes: int, *, what: str) -> None:
    """Refuses what does not fit.

    Args:
        num_bytes: Bytes needed.
        what: The things that need them, for the message.

    Raises:
        DataError: If fewer bytes are available.
    """
    available = available_bytes()
    if num_bytes > available:
        raise DataError(f"{what} must fit into memory: {num_bytes:,} bytes needed, {available:,} available")
