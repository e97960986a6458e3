"""Tables in every form, read back or compared to the letter."""

from io import BytesIO

import pandas as pd
import pytest

from nars.analysis.forms import FORMS, forms_named, table_files
from nars.errors import ExperimentError

FRAME = pd.DataFrame(
    {
        "knob": pd.Series(["recipe.lr_max", "a & b"], dtype="string"),
        "count": pd.Series([3, None], dtype="Int64"),
        "share": pd.Series([0.1234567891, None], dtype="Float64"),
    }
)


def files() -> dict[str, bytes]:
    return table_files({"worth": FRAME}, FORMS)


def test_names_of_the_files() -> None:
    assert sorted(files()) == ["worth.csv", "worth.html", "worth.md", "worth.parquet", "worth.tex"]


def test_csv_and_parquet_give_every_digit_back() -> None:
    told = pd.read_csv(BytesIO(files()["worth.csv"]), dtype={"knob": "string", "count": "Int64", "share": "Float64"})
    pd.testing.assert_frame_equal(told, FRAME)
    pd.testing.assert_frame_equal(pd.read_parquet(BytesIO(files()["worth.parquet"])), FRAME)


def test_markdown() -> None:
    assert files()["worth.md"].decode() == (
        "| knob | count | share |\n"
        "| --- | ---: | ---: |\n"
        "| recipe.lr_max | 3 | 0.123457 |\n"
        "| a & b |  |  |\n"
    )  # fmt: skip


def test_latex_escapes_what_it_would_read_as_a_command() -> None:
    assert files()["worth.tex"].decode() == (
        "\\begin{tabular}{lrr}\n"
        "\\hline\n"
        "knob & count & share \\\\\n"
        "\\hline\n"
        "recipe.lr\\_max & 3 & 0.123457 \\\\\n"
        "a \\& b &  &  \\\\\n"
        "\\hline\n"
        "\\end{tabular}\n"
    )


def test_html_is_a_page_with_one_table() -> None:
    text = files()["worth.html"].decode()
    assert text.startswith("<!DOCTYPE html>\n")
    assert text.count("<table") == 1
    assert "<td>a &amp; b</td>" in text
    assert "<td>recipe.lr_max</td>" in text


def test_forms_by_name() -> None:
    assert forms_named(["markdown,csv", "csv"]) == ("markdown", "csv")
    rule = r"^a table's format must be one of csv, parquet, markdown, latex, html, got 'xlsx'$"
    with pytest.raises(ExperimentError, match=rule):
        forms_named(["csv, xlsx"])
