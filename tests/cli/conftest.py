"""Runs commands in a folder of their own."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nars.cli.main import main

TINY = """\
# A search of seconds, for tests.
architecture:
  resolution: 8
  stem: {width: 8, stride: 1}
  stages:
    - width: {choice: [8, 16, 24]}
      depth: {low: 1, high: 2}
      first: {kernel: {choice: [3, 5]}, expansion: {choice: [1, 2]}}
      rest: {kernel: 3, expansion: 1}
      stride: 2
  head: {width: 32, expansion: 2}
recipe:
  optimizer: {choice: [sgd, adamw]}
  lr: {low: 3e-3, high: 0.1, log: true}
  batch_size: 64
  epochs: {low: 2, high: 3}
constraints:
  macs: {max: 1e6}
search: {trials: 7, first_round: 3, round_size: 2, final: 2}
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


Nars = Callable[..., Outcome]


@pytest.fixture
def nars(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nars:
    """Runs the command line in this process."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["nars", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
