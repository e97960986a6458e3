from datetime import date

import pytest

from nars.cost.latency_csv import read_csv, write_csv
from nars.cost.operator import Operator, Timing
from nars.errors import CostError
from nars.space.architecture import BlockStyle

HEAD = Operator(
    kind="head",
    in_size=7,
    in_width=24,
    hidden_width=144,
    out_width=32,
    kernel=1,
    stride=1,
    padding=0,
    squeeze_width=0,
    num_classes=5,
)
TEXT = """\
# device: an abacus
# style: null
kind,in_size,in_width,hidden_width,out_width,kernel,stride,padding,squeeze_width,num_classes,latency_ms,iqr_ms
head,7,24,144,32,1,1,0,0,5,0.1,
"""


def test_text_of_a_table():
    assert write_csv("an\nabacus", None, {HEAD: Timing(latency_ms=0.1)}) == TEXT
    assert read_csv(TEXT, source="t.csv") == ("an abacus", None, {HEAD: Timing(latency_ms=0.1)}, None)


def test_the_day_stands_in_a_line_of_its_own():
    dated = TEXT.replace("kind,", "# measured: 2026-01-31\nkind,", 1)
    timings = {HEAD: Timing(latency_ms=0.1)}
    assert write_csv("an abacus", None, timings, measured=date(2026, 1, 31)) == dated
    assert read_csv(dated, source="t.csv") == ("an abacus", None, timings, date(2026, 1, 31))
    with pytest.raises(CostError, match="t.csv, line 3: not a day as in 2026-01-31: 'today'"):
        read_csv(dated.replace("2026-01-31", "today"), source="t.csv")
    with pytest.raises(CostError, match="t.csv, line 5: latency_ms must be > 0"):
        read_csv(dated.replace("5,0.1", "5,-1"), source="t.csv")
    with pytest.raises(CostError, match="t.csv, line 4: columns must be kind,.* got $"):
        read_csv(dated.partition("kind,")[0], source="t.csv")


def test_every_digit_survives():
    timings = {HEAD: Timing(latency_ms=0.1 + 0.2, iqr_ms=1e-7 / 3)}
    style = BlockStyle(se_gate="sigmoid", divisor=4)
    assert read_csv(write_csv("d", style, timings), source="t.csv") == ("d", style, timings, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# device: ", "device ", "t.csv: a latency table must begin with '# device:' and '# style:' lines"),
        ("style: null", "style: {}x", "t.csv, line 2: not a block style: '{}x'"),
        (",iqr_ms", "", "t.csv, line 3: columns must be kind,"),
        ("5,0.1,", "5,0.1", "t.csv, line 4: expected 12 columns, got 11"),
        ("head,7", "tail,7", "t.csv, line 4: not a measured operator: tail,7,"),
        ("5,0.1", "5,fast", "t.csv, line 4: not a measured operator: head,7,"),
        ("5,0.1", "5,0", "t.csv, line 4: latency_ms must be > 0 and finite, got 0"),
        ("5,0.1", "5,nan", "t.csv, line 4: latency_ms must be > 0 and finite, got nan"),
    ],
)
def test_a_damaged_table_names_the_line(old, new, message):
    with pytest.raises(CostError) as caught:
        read_csv(TEXT.replace(old, new), source="t.csv")
    assert str(caught.value).startswith(message)


def test_a_repeated_operator_is_an_error():
    with pytest.raises(CostError, match="line 5: a second entry for Operator"):
        read_csv(TEXT + TEXT.splitlines()[-1] + "\n", source="t.csv")
