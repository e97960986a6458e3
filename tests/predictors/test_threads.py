"""Linear algebra on one thread."""

import threading

import threadpoolctl

from nars.predictors.threads import one_blas_thread


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
