"""Seconds by phase of a run: what ``--profile`` asks for."""

import time
from typing import Literal

import torch

from nars.trials import Spent

Phase = Literal["prepare", "data", "forward", "backward", "optimizer", "validation", "storage"]


class Stopwatch:
    """Adds the seconds since the last lap to a phase.

    Args:
        device: On CUDA each lap waits for the device, which makes the run slower: work is queued there, and would be
            counted in the phase that happens to wait.
        on: Whether it runs; one that does not costs nothing.
    """

    def __init__(self, device: torch.device, *, on: bool) -> None:
        self._device = device
        self._on = on
        self._spent: dict[Phase, float] = {}
        self._last_s = time.perf_counter()

    def lap(self, phase: Phase) -> None:
        """Ends a part of a phase."""
        if not self._on:
            return
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now_s = time.perf_counter()
        self._spent[phase] = self._spent.get(phase, 0.0) + now_s - self._last_s
        self._last_s = now_s

    @property
    def spent(self) -> Spent | None:
        """The seconds so far; none where it does not run."""
        return Spent(**{f"{phase}_s": seconds for phase, seconds in self._spent.items()}) if self._on else None


OFF = Stopwatch(torch.device("cpu"), on=False)
"""Measures nothing."""
