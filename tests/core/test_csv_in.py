"""CSV as people save it is read; what cannot be read is named."""

import codecs
import io

import pytest

from crm.core import csv_in, csv_out, errors
from crm.core.csv_in import Dialect, Record

COLUMNS = {"email": ("email", "e-mail"), "reason": ("reason",)}


def read(text: str | bytes, most: int = 10) -> list[tuple[int, str, str]]:
    given = text.encode() if isinstance(text, str) else text
    found = csv_in.lines(given, COLUMNS, field="file", most=most)
    return [(line.number, line.values["email"], line.values["reason"]) for line in found]


def records(given: bytes) -> tuple[Dialect, list[Record]]:
    file = io.BytesIO(given)
    dialect = csv_in.sniff(file, field="file")
    return dialect, list(csv_in.records(file, dialect, field="file"))


@pytest.mark.parametrize(
    "text",
    [
        "email,reason\na@b.c,bounced\n",
        "\ufeffE-Mail;Reason\r\na@b.c;bounced\r\n",
        "reason\temail\nbounced\ta@b.c",
        'name;reason;email\nAda;"bounced";a@b.c',
        "email,reason\n\n , \na@b.c , bounced\n".replace("\n\n , \n", "\n"),
        '"reason, with; a comma;";email\nbounced;a@b.c'.replace("reason, with; a comma;", "reason"),
    ],
    ids=["commas", "mark, semicolons, CRLF", "tabs, other order", "quotes, other columns", "blanks", "quoted head"],
)
def test_addresses_are_found_under_their_headings(text: str) -> None:
    assert read(text) == [(2, "a@b.c", "bounced")]


@pytest.mark.parametrize(
    ("encoding", "known_as"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_letters_of_every_common_encoding_are_read(encoding: str, known_as: str, delimiter: str) -> None:
    text = delimiter.join(("Vorname", "Straße")) + "\r\n" + delimiter.join(("Zoë", "Müller\u2019s Gäßchen")) + "\r\n"
    dialect, found = records(text.encode(encoding))
    assert dialect == Dialect(known_as, delimiter)
    assert [one.cells for one in found] == [("Vorname", "Straße"), ("Zoë", "Müller\u2019s Gäßchen")]


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le")])
def test_mark_of_utf_16_is_no_letter_of_the_head(mark: bytes, encoding: str) -> None:
    dialect, found = records(mark + "email;name\na@b.c;Ada\n".encode(encoding))
    assert (dialect, found[0].cells) == (Dialect("utf-16", ";"), ("email", "name"))


def test_bytes_that_windows_does_not_know_are_read_as_latin_1() -> None:
    assert records("naïve\x81\n".encode("latin-1"))[0].encoding == "latin-1"


def test_delimiter_inside_quotes_of_the_head_does_not_count() -> None:
    assert records(b'"Name, first, second";email\n1;2\n')[1][0].cells == ("Name, first, second", "email")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("\r\n ; \r\nemail;name\r\na@b.c;Ada\r\n", [(3, ("email", "name")), (4, ("a@b.c", "Ada"))]),
        ("sep=;\r\nemail;name\r\na@b.c;Ada, B\r\n", [(2, ("email", "name")), (3, ("a@b.c", "Ada, B"))]),
        ('"sep=\t"\nemail\tname\na@b.c\tAda\n', [(2, ("email", "name")), (3, ("a@b.c", "Ada"))]),
        ('"e-mail\naddress";name\na@b.c;Ada\n', [(1, ("e-mail\naddress", "name")), (3, ("a@b.c", "Ada"))]),
        (
            "email;name (last, first, other)\na@b.c;Ada\n",
            [(1, ("email", "name (last, first, other)")), (2, ("a@b.c", "Ada"))],
        ),
        ('email, name\na@b.c, "Lovelace, Ada"\n', [(1, ("email", "name")), (2, ("a@b.c", "Lovelace, Ada"))]),
    ],
    ids=["blank lines", "Excel's hint", "its hint in quotes", "broken head", "commas in the head", "spaces"],
)
def test_delimiter_is_the_one_that_cuts_head_and_rows_alike(given: str, expected: list[tuple[int, object]]) -> None:
    assert [(one.line, one.cells) for one in records(given.encode())[1]] == expected


def test_file_without_a_head_is_read_in_the_order_of_the_columns() -> None:
    assert read("a@b.c,bounced\nd@e.f\n") == [(1, "a@b.c", "bounced"), (2, "d@e.f", "")]


def test_empty_lines_are_left_out_but_counted() -> None:
    assert read("email\n\n ,\na@b.c\n") == [(4, "a@b.c", "")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_number_is_the_editors_though_a_cell_breaks_lines(end: str) -> None:
    text = end.join(("email,reason", 'a@b.c,"two', 'lines"', "", "d@e.f,x", ""))
    assert [(one.line, one.cells[0]) for one in records(text.encode())[1]] == [(1, "email"), (2, "a@b.c"), (5, "d@e.f")]


def test_what_was_made_safe_for_spreadsheets_is_taken_back() -> None:
    assert read(f"email,reason\na@b.c,{csv_out.cell('=1+1')}\n") == [(2, "a@b.c", "=1+1")]
    assert read("email,reason\na@b.c,'quoted'\n") == [(2, "a@b.c", "'quoted'")]


def test_row_that_is_no_csv_is_told_and_the_next_ones_are_read() -> None:
    _, found = records(b'email,reason\na@b.c,"so" called\nd@e.f,x\n')
    assert found[1].line == 2
    assert found[1].cells == ('a@b.c,"so" called',)
    assert "no CSV" in found[1].problem
    assert found[2] == Record(3, ("d@e.f", "x"))


@pytest.mark.parametrize("tail", ["", "x\n" * 100_000], ids=["to the end", "for very long"])
def test_quotation_mark_that_is_never_closed_is_named_by_its_line(tail: str) -> None:
    with pytest.raises(errors.Invalid, match="Line 2: a quotation mark"):
        records(b'email\n"a@b.c\n' + tail.encode())


def test_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(errors.Invalid, match="Line 2 has more than"):
        records(b"email\n" + b"x," * 600_000)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"\xef\xbb\xbfemail\n\xff\n", "CSV UTF-8"),
        (b'email\n"a@b.c\n', "no CSV"),
        (b'email\n"a"@b.c\n', "no CSV: line 2"),
        (b"email\n" + b"a@b.c\n" * 11, "At most 10"),
    ],
)
def test_file_that_cannot_be_read_is_refused(given: bytes, says: str) -> None:
    with pytest.raises(errors.Invalid, match=says):
        read(given)


def test_empty_file_holds_nothing() -> None:
    assert read("") == []
