"""Worker processes that share GPUs: real processes, on cards that are told and not there."""

from dataclasses import dataclass
from pathlib import Path

from nars.evaluation import Epoch, Event, Failed, Finished, LocalExecutor, Started
from nars.evaluation.cards import Cards
from nars.trials import FailureReason
from tests.evaluation.actors import Actor, GpuUser
from tests.evaluation.tasks import tasks

GIB = 1 << 30


@dataclass(frozen=True)
class Use:
    """What one trial had."""

    card: int
    memory_bytes: int | None
    start_s: float
    end_s: float


def uses(events: list[Event]) -> dict[int, Use]:
    found = {}
    for event in events:
        if isinstance(event, Finished):
            card, most, start, end = event.evaluation.device.split()
            found[event.number] = Use(int(card), None if most == "None" else int(most), float(start), float(end))
    return found


def most_at_once(found: list[Use]) -> int:
    return max(sum(other.start_s <= one.start_s < other.end_s for other in found) for one in found)


def run(folder: Path, cards: Cards, peaks: tuple[int, ...], *, workers: int) -> list[Event]:
    with LocalExecutor(GpuUser(peaks), workers=workers, cards=cards) as executor:
        return list(executor.run(tasks(len(peaks), folder)))


def test_trials_share_a_card_as_far_as_its_memory_goes(tmp_path: Path) -> None:
    """0.95 * 6 GiB, less 1 GiB of each of three processes: room for two of 1.2 GiB."""
    cards = Cards([6 * GIB], predicted_bytes=lambda _: GIB)
    events = run(tmp_path, cards, (GIB,) * 7, workers=3)
    found = uses(events)
    assert found[0].memory_bytes is None
    later = [found[number] for number in range(1, 7)]
    assert min(use.start_s for use in later) >= found[0].end_s
    assert {use.memory_bytes for use in later} == {int(1.2 * GIB)}
    assert most_at_once(later) == 2
    assert [event.number for event in events if isinstance(event, Started)] == list(range(7))


def test_workers_are_spread_over_the_cards(tmp_path: Path) -> None:
    found = uses(run(tmp_path, Cards([GIB, GIB]), (GIB,) * 4, workers=2))
    assert sorted(use.card for use in found.values()) == [0, 0, 1, 1]
    assert most_at_once(list(found.values())) == 2


def test_a_trial_whose_part_was_too_small_begins_again_with_all_of_a_card(tmp_path: Path) -> None:
    cards = Cards([80 * GIB], predicted_bytes=lambda _: GIB)
    events = run(tmp_path, cards, (GIB, 20 * GIB, GIB), workers=2)
    found = uses(events)
    assert not [event for event in events if isinstance(event, Failed)]
    assert found[1].memory_bytes is None
    assert most_at_once(list(found.values())) == 1
    assert [event.number for event in events if isinstance(event, Started)].count(1) == 1
    assert len([event for event in events if isinstance(event, Epoch) and event.number == 1]) == 2  # both attempts'


def test_a_trial_with_all_of_a_card_that_is_short_of_memory_fails(tmp_path: Path) -> None:
    cards = Cards([80 * GIB], predicted_bytes=lambda _: GIB)
    with LocalExecutor(Actor(("fill_memory", "work")), workers=1, cards=cards) as executor:
        events = list(executor.run(tasks(2, tmp_path)))
    ended = {event.number: event for event in events if isinstance(event, Finished | Failed)}
    first = ended[0]
    assert isinstance(first, Failed)
    assert first.failure.reason is FailureReason.OUT_OF_MEMORY
    assert isinstance(ended[1], Finished)


def test_a_trial_that_dies_gives_its_share_back(tmp_path: Path) -> None:
    cards = Cards([80 * GIB], predicted_bytes=lambda _: GIB)
    with LocalExecutor(Actor(("kill", "hang", "work")), workers=1, timeout_s=1.0, cards=cards) as executor:
        events = list(executor.run(tasks(3, tmp_path)))
    assert [type(event) for event in events if isinstance(event, Finished | Failed)] == [Failed, Failed, Finished]
