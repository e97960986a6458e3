"""Linear algebra on one thread, where matrices are small."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

_LOCK = threading.RLock()
"""The limit is the whole process's: two threads that set and lift it in turn would leave it behind."""


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run linear algebra on one thread, as long as the context is open; one thread of the process at a time.

    Matrices of a few hundred rows gain nothing from more; beside trainings that keep the cores busy they lose a factor
    of ten and more, as BLAS's threads wait for each other. Sums come out the same to the last digit on every number of
    cores.
    """
    with _LOCK, threadpool_limits(limits=1, user_api="blas"):
        yield
