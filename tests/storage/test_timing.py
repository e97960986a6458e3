from datetime import UTC, datetime, timedelta

from nars.storage.timing import Timing, hours_to_ends

START = datetime(2026, 11, 27, tzinfo=UTC)


def test_hours_run_from_the_first_start_whoever_it_was() -> None:
    timings = [
        Timing(number=0, started=START + timedelta(hours=1), ended=START + timedelta(hours=4)),
        Timing(number=1, started=START, ended=START + timedelta(minutes=90)),
        Timing(number=2, started=START, ended=None),
    ]
    assert hours_to_ends(timings) == [4.0, 1.5, None]
    assert hours_to_ends([Timing(number=0, started=None, ended=START)]) == [None]
