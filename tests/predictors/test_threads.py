"""Linear algebra on one thread, and several such side by side."""

import threading
from functools import partial

import pytest
import threadpoolctl

from nars.predictors.threads import one_blas_thread, side_by_side


def blas_threads() -> set[int]:
    return {info["num_threads"] for info in threadpoolctl.threadpool_info() if info["user_api"] == "blas"}


def test_one_thread_inside_and_as_before_after() -> None:
    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):
        with one_blas_thread():
            assert blas_threads() == {1}
            with one_blas_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_threads_take_turns_and_leave_nothing_behind() -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with one_blas_thread():
                inside += 1
                most = max(most, inside)
                inside -= 1

    with threadpoolctl.threadpool_limits(limits=2, user_api="blas"):
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert blas_threads() == {2}
    assert most == 1


def test_calls_side_by_side_run_at_once_and_answer_in_order() -> None:
    meeting = threading.Barrier(3, timeout=10)  # broken unless all three are under way together

    def call(number: int) -> tuple[int, bool]:
        meeting.wait()
        return number, threading.current_thread() is threading.main_thread()

    told = side_by_side([partial(call, number) for number in range(3)])
    assert told == [(0, True), (1, False), (2, False)]


def test_what_fails_in_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side([lambda: 1.0, lambda: 1.0 / 0])
