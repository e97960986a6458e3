"""Linear algebra on one thread, where matrices are small, and several such side by side."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from threadpoolctl import threadpool_limits

T = TypeVar("T")

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


def side_by_side(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each call gives, in their order; each runs in a thread of its own, the first in this one.

    NumPy lets other threads run while it computes. What comes out does not depend on how many cores there are.
    """
    first, *others = calls
    if not others:
        return [first()]
    with ThreadPoolExecutor(max_workers=len(calls)) as threads:
        started = [threads.submit(call) for call in others]
        return [first(), *(future.result() for future in started)]
