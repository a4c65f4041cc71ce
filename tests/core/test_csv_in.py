"""CSV as people save it is read; what cannot be read is named."""

import pytest

from crm.core import csv_in, csv_out, errors

COLUMNS = {"email": ("email", "e-mail"), "reason": ("reason",)}


def read(text: str | bytes, most: int = 10) -> list[tuple[int, str, str]]:
    given = text.encode() if isinstance(text, str) else text
    found = csv_in.lines(given, COLUMNS, field="file", most=most)
    return [(line.number, line.values["email"], line.values["reason"]) for line in found]


@pytest.mark.parametrize(
    "text",
    [
        "email,reason\na@b.c,bounced\n",
        "\ufeffE-Mail;Reason\r\na@b.c;bounced\r\n",
        "reason\temail\nbounced\ta@b.c",
        'name;reason;email\nAda;"bounced";a@b.c',
        "email,reason\n\n , \na@b.c , bounced\n".replace("\n\n , \n", "\n"),
    ],
    ids=["commas", "mark, semicolons, CRLF", "tabs, other order", "quotes, other columns", "blanks"],
)
def test_addresses_are_found_under_their_headings(text: str) -> None:
    assert read(text) == [(2, "a@b.c", "bounced")]


def test_file_without_a_head_is_read_in_the_order_of_the_columns() -> None:
    assert read("a@b.c,bounced\nd@e.f\n") == [(1, "a@b.c", "bounced"), (2, "d@e.f", "")]


def test_empty_lines_are_left_out_but_counted() -> None:
    assert read("email\n\n ,\na@b.c\n") == [(4, "a@b.c", "")]


def test_line_number_is_the_editors_though_a_cell_breaks_lines() -> None:
    assert read('email,reason\na@b.c,"two\nlines"\nd@e.f,x\n')[1] == (4, "d@e.f", "x")


def test_what_was_made_safe_for_spreadsheets_is_taken_back() -> None:
    assert read(f"email,reason\na@b.c,{csv_out.cell('=1+1')}\n") == [(2, "a@b.c", "=1+1")]
    assert read("email,reason\na@b.c,'quoted'\n") == [(2, "a@b.c", "'quoted'")]


@pytest.mark.parametrize(
    ("given", "says"),
    [(b"email\n\xff\xfe\n", "UTF-8"), (b'email\n"a@b.c\n', "no CSV"), (b"email\n" + b"a@b.c\n" * 11, "At most 10")],
)
def test_file_that_cannot_be_read_is_refused(given: bytes, says: str) -> None:
    with pytest.raises(errors.Invalid, match=says):
        read(given)


def test_empty_file_holds_nothing() -> None:
    assert read("") == []
