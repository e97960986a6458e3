"""The far side of a group's first process: a program that is fed through its pipes.

This module loads no heavy library: the first message tells what to load.
"""

import os
import pickle
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.trials import EpochRecord

READY, DONE = "ready", "done"
"""Answers of a process that comes to a trial's meeting, and of one that has trained it."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a process is in its group."""

    evaluator: Evaluator
    rank: int
    size: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """A trial, and the file by which the processes find one another."""

    task: TrialTask
    file: Path


def main() -> None:
    """Take part in every trial that comes, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the first process decides
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    messages: SimpleQueue[object] = SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, messages), daemon=True).start()
    member = messages.get()
    assert isinstance(member, Member), "what the first process sends first"
    is_prepared = False
    while True:
        meeting = messages.get()
        assert isinstance(meeting, Meeting), "and then"
        try:
            if not is_prepared:
                member.evaluator.prepare()
                is_prepared = True
            _answer(answers, READY)
            _take_part(member, meeting)
            _answer(answers, DONE)
        except Exception as error:  # noqa: BLE001  # the first process tells it
            _answer(answers, f"{type(error).__name__}: {error}")


def _answer(pipe: BinaryIO, said: str) -> None:
    pickle.dump(said, pipe)
    pipe.flush()


def _take_part(member: Member, meeting: Meeting) -> None:
    from nars.training import group

    with group.joined(member.rank, member.size, meeting=meeting.file):
        member.evaluator.evaluate(meeting.task, _nothing)


def _nothing(_: EpochRecord) -> None:
    """The first process reports."""


def _receive(pipe: BinaryIO, messages: "SimpleQueue[object]") -> None:
    """Take in messages; end the process at once, whatever it is doing, when the first one is gone."""
    try:
        while True:
            messages.put(pickle.load(pipe))  # noqa: S301  # from our own first process
    finally:
        os._exit(0)
