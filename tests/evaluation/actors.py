"""Evaluators that do not train: each trial acts out one thing that may happen to a real one."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nars.errors import DataError, DivergedError
from nars.evaluation import TrialTask
from nars.trials import EpochRecord, Evaluation

Report = Callable[[EpochRecord], None]


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch=epoch, train_loss=1.0, val_loss=1.0, val_accuracy=0.5, lr=0.1, wall_s=0.0)


@dataclass
class Actor:
    """Does with trial ``n`` what the ``n``-th word of the script says."""

    script: tuple[str, ...]

    def prepare(self) -> None:
        pass

    def evaluate(self, task: TrialTask, report: Report) -> Evaluation:
        getattr(self, self.script[task.number])()
        curve = tuple(record(epoch) for epoch in range(1, task.stop_epoch + 1))
        for epoch_record in curve:
            report(epoch_record)
        # the process id, so that tests see which worker ran the trial
        return Evaluation(accuracy=task.number / 100, epochs=task.stop_epoch, curve=curve, device=str(os.getpid()))

    def work(self) -> None:
        pass

    def nap(self) -> None:
        time.sleep(0.5)

    def hang(self) -> None:
        time.sleep(600)

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def segfault(self) -> None:
        ctypes.string_at(0)

    def leave(self) -> None:
        os._exit(3)

    def stop(self) -> None:
        sys.exit(4)

    def diverge(self) -> None:
        raise DivergedError("loss is nan in epoch 1")

    def err(self) -> None:
        raise ValueError("width must be >= 1, got 0")

    def fill_memory(self) -> None:
        bytearray(1 << 62)

    def fill_torch_memory(self) -> None:
        import torch

        torch.empty(1 << 55)


@dataclass
class Unprepared:
    """Cannot be prepared, in the way that it is told."""

    way: str

    def prepare(self) -> None:
        if self.way == "data":
            raise DataError("/data/pets: no image in it")
        if self.way == "error":
            raise ImportError("No module named 'pets'")
        os.kill(os.getpid(), signal.SIGKILL)

    def evaluate(self, task: TrialTask, report: Report) -> Evaluation:
        raise NotImplementedError


@dataclass
class Faltering(Actor):
    """An actor whose first workers, so many of them, are killed while they start."""

    directory: Path
    deaths: int

    def prepare(self) -> None:
        falls = list(self.directory.glob("fall*"))
        if len(falls) < self.deaths:
            (self.directory / f"fall{len(falls)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Environment:
    """Tells of the worker it runs in, through the evaluation's ``device``."""

    def prepare(self) -> None:
        pass

    def evaluate(self, task: TrialTask, report: Report) -> Evaluation:  # noqa: ARG002
        was_there = "torch" in sys.modules
        import torch

        seen = (os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"], torch.get_num_threads(), was_there)
        return Evaluation(accuracy=0.0, epochs=1, curve=(), device=" ".join(map(str, seen)))


@dataclass
class Orphanable:
    """Writes its process id to a file and trains for ever, in Python or in one long call."""

    directory: Path

    def prepare(self) -> None:
        pass

    def evaluate(self, task: TrialTask, report: Report) -> Evaluation:  # noqa: ARG002
        partial = self.directory / f"{task.number}.partial"
        partial.write_text(str(os.getpid()))
        partial.rename(self.directory / f"{task.number}.pid")
        if task.number == 0:
            time.sleep(600)
        while True:
            pass


@dataclass
class Resumable:
    """Takes a second an epoch, and goes on after the last one whose file is in the trial's folder."""

    def prepare(self) -> None:
        pass

    def evaluate(self, task: TrialTask, report: Report) -> Evaluation:
        task.directory.mkdir(parents=True, exist_ok=True)
        done = len(list(task.directory.glob("epoch_*")))
        with (task.directory / "begun").open("a") as file:
            file.write(f"{done}\n")
        (task.directory / "pid").write_text(str(os.getpid()))
        for epoch in range(done + 1, task.stop_epoch + 1):
            time.sleep(2)
            (task.directory / f"epoch_{epoch}").touch()
            report(record(epoch))
        curve = tuple(record(epoch) for epoch in range(1, task.stop_epoch + 1))
        return Evaluation(accuracy=0.5, epochs=task.stop_epoch, curve=curve, device=str(os.getpid()))


@dataclass
class GpuUser:
    """Writes what it was given of which GPU, and for how long, into a file; takes what it is told to."""

    peaks: tuple[int, ...]
    """Bytes that each trial takes: more than its share is an error of memory."""

    def prepare(self) -> None:
        pass

    def evaluate(self, task: TrialTask, report: Report) -> Evaluation:
        assert task.share is not None
        start_s = time.monotonic()
        peak, most = self.peaks[task.number], task.share.memory_bytes
        report(record(1))
        if most is not None and peak > most:
            raise MemoryError(f"{peak} bytes are more than {most}")
        time.sleep(0.3)
        told = f"{task.share.card} {most} {start_s} {time.monotonic()}"
        return Evaluation(accuracy=0.5, epochs=1, curve=(record(1),), device=told, peak_memory_bytes=peak)
