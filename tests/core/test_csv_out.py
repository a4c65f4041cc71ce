"""Files for spreadsheets: nothing in them runs, and their length costs no memory."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crm.core import csv_out, errors


@pytest.mark.parametrize("text", ["=1+1", "+49 30 1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_text_that_begins_a_formula_is_quoted(text: str) -> None:
    assert csv_out.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0"),
        (True, "yes"),
        (False, ""),
        ("a=b", "a=b"),
        (datetime(2025, 8, 1, 9, 30, 1, 500_000, tzinfo=UTC), "2025-08-01T09:30:01.500Z"),
    ],
)
def test_values_are_written_plainly(value: object, text: str) -> None:
    assert csv_out.cell(value) == text


def test_separators_quotes_and_breaks_stay_within_their_cell() -> None:
    awkward = 'a,"b"\nc'
    answer = csv_out.download("rows.csv", ("one", "two"), [(awkward, 1)])
    assert list(csv.reader(io.StringIO(answer.getvalue().decode(), newline=""))) == [["one", "two"], [awkward, "1"]]
    assert answer["Content-Disposition"] == 'attachment; filename="rows.csv"'


def test_rows_are_read_as_they_are_written() -> None:
    read: list[int] = []

    def source() -> Iterator[tuple[int]]:
        for number in range(10_000):
            read.append(number)
            yield (number,)

    body = iter(csv_out.download("rows.csv", ("n",), source()))
    assert len(read) == 1
    next(body)
    assert len(read) < 1_000


def test_source_that_is_away_is_known_before_anything_is_answered() -> None:
    def away() -> Iterator[tuple[object]]:
        raise errors.Busy
        yield (1,)

    with pytest.raises(errors.Busy):
        csv_out.download("rows.csv", ("n",), away())


def test_a_list_without_rows_has_its_head() -> None:
    assert csv_out.download("rows.csv", ("one", "two"), []).getvalue() == b"one,two\r\n"
