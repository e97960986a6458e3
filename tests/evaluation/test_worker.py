import subprocess
import sys

import pytest
import torch

from nars.errors import DivergedError
from nars.evaluation.worker import failure_of
from nars.trials import Failure, FailureReason


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (DivergedError("loss is nan"), FailureReason.DIVERGED, "loss is nan"),
        (MemoryError(), FailureReason.OUT_OF_MEMORY, "MemoryError: "),
        (
            torch.OutOfMemoryError("CUDA out of memory"),
            FailureReason.OUT_OF_MEMORY,
            "OutOfMemoryError: CUDA out of memory",
        ),
        (
            RuntimeError("CUDA error: out of memory"),
            FailureReason.OUT_OF_MEMORY,
            "RuntimeError: CUDA error: out of memory",
        ),
        (RuntimeError("shapes differ"), FailureReason.ERROR, "RuntimeError: shapes differ"),
    ],
)
def test_failure_of_an_exception(error: Exception, reason: FailureReason, message: str) -> None:
    assert failure_of(error) == Failure(reason=reason, message=message)


def test_torch_s_own_allocator_message_is_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as info:
        torch.empty(1 << 55)
    assert failure_of(info.value).reason is FailureReason.OUT_OF_MEMORY


def test_the_worker_s_module_loads_no_torch() -> None:
    code = "import sys, nars.evaluation.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
