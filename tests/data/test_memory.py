import os

import pytest

from nars.data.memory import available_bytes, require_memory
from nars.errors import DataError


def test_available_memory_is_some_of_the_physical():
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < available_bytes() <= physical


def test_what_fits_passes_and_what_does_not_is_refused():
    require_memory(1, what="a byte")
    with pytest.raises(DataError, match="the sea must fit into memory: 1,000,000,000,000,000 bytes needed"):
        require_memory(10**15, what="the sea")
