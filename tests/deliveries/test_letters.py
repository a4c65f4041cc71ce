"""A mail reads as it was written, and nothing that people typed can leave its place in it."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from crm.deliveries import confirmations, letters, tokens
from crm.deliveries.letters import Letter
from crm.events import ics
from tests.deliveries import examples

FROM = "Event CRM <events@crm.example>"


def _wire(letter: Letter, name: str = "Ada Lovelace", address: str = "ada@example.com") -> bytes:
    return letter.wire(sender=FROM, name=name, address=address, now=examples.MOMENT)


def _parsed(raw: bytes) -> Message:
    return message_from_bytes(raw)


def _part(raw: bytes, subtype: str) -> str:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    (part,) = [part for part in message.walk() if part.get_content_type() == f"text/{subtype}"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


lines = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"])), max_size=4).map("\n".join)


@given(lines)
@example("We invite you to our upcoming tech conference.")
@example("From here on\n.\n..\n--\n =20 \n")
@example("x" * 5_000)
@example("Grüße aus Köln…\n" + "ä" * 1_000)
@example("\n\n two  spaces \t and a tab \n")
def test_text_part_reads_exactly_as_the_body(body: str) -> None:
    assert _part(_wire(Letter("Hello", body, "<p>Hello</p>")), "plain") == body


@given(lines)
@example("x" * 5_000)
def test_no_line_is_longer_than_mail_allows(body: str) -> None:
    raw = _wire(Letter("🎉" * 220, body, "<p>Hello</p>"), name="🎉" * 200)

    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(max_size=200), st.text(max_size=200))
@example("Join our next event!", "Ada")
@example("a\r\nBcc: everyone@example.com", "b\nX-Evil: 1")
@example("=?utf-8?q?hi?=", "=?utf-8?q?hi?=")
@example("招待状" * 60, 'Ada "the" <first>, Lovelace')
def test_headers_are_printable_ascii_and_say_what_was_written(subject: str, name: str) -> None:
    message = _parsed(_wire(Letter(subject, "text", "<p>text</p>"), name=name))

    assert set(message.keys()) == {"Content-Type", "MIME-Version", "From", "To", "Subject", "Date"}
    for value in message.values():
        assert value.replace("\r\n ", " ").isascii()
        assert value.replace("\r\n ", " ").isprintable()
    said = str(make_header(decode_header(message["Subject"].replace("\r\n ", " "))))
    assert said == letters.printable(subject)


def test_encoded_words_are_short_enough() -> None:
    message = _parsed(_wire(Letter("🎉 招待状 " * 20, "text", "<p>text</p>"), name="招待状" * 60))

    assert max(map(len, message["Subject"].split())) <= 75
    assert max(map(len, message["To"].split())) <= 75


def test_headers_of_usual_length_are_not_folded() -> None:
    message = _parsed(_wire(Letter("Grüße aus Köln, " * 10, "text", "<p>text</p>"), name="招待状" * 10))

    assert not [value for value in message.values() if "\n" in value]


def test_control_characters_in_a_header_become_spaces() -> None:
    message = _parsed(_wire(Letter("a\x00\x1b\tb\r\nc", "text", "<p>text</p>")))

    assert message["Subject"] == "a b c"


def test_ordinary_subject_is_left_as_it_is() -> None:
    raw = _wire(Letter("Join our next event!", "We invite you.", "<p>We invite you.</p>"))

    assert b"\r\nSubject: Join our next event!\r\n" in raw
    assert b"\r\nWe invite you.\r\n" in raw


def test_address_in_another_script_goes_to_its_own_domain() -> None:
    # IDNA 2003, which the standard library speaks, would mail strasse.example: somebody else.
    raw = _wire(Letter("s", "t", "h"), address="ada@straße.example")

    assert _parsed(raw)["To"] == "Ada Lovelace <ada@xn--strae-oqa.example>"


@pytest.mark.parametrize("address", ["", "ada", "@example.com", "ädä@example.com", "a\nb@example.com"])
def test_address_that_ses_cannot_take_is_refused(address: str) -> None:
    with pytest.raises(letters.Unmailable):
        _wire(Letter("s", "t", "h"), address=address)


def test_confirmation_says_what_when_and_where() -> None:
    letter = confirmations.letter(examples.person(), examples.event(title="R & D <Day>"))

    assert letter.subject == "You are registered: R & D <Day>"
    assert "Hello Ada," in letter.text
    assert "you are registered for R & D <Day>." in letter.text
    assert "When: Friday 1 August 2025, 11:00 to 19:00 (Europe/Berlin)\nWhere: Main Hall\n" in letter.text
    assert "R &amp; D &lt;Day&gt;" in letter.html


def test_confirmation_is_answered_by_no_machine_and_has_nothing_to_unsubscribe_from() -> None:
    message = _parsed(_wire(confirmations.letter(examples.person(), examples.event())))

    assert message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in message


def test_confirmation_is_not_tracked() -> None:
    letter = confirmations.letter(examples.person(), examples.event())

    said = letter.html + letter.text
    assert not [word for word in ("<img", "utm_", "/c/", "/o/", "via=") if word in said]


def test_confirmation_leads_to_the_page_and_to_ones_own_place_and_brings_the_calendar_file() -> None:
    event = replace(examples.event(), fields=replace(examples.event().fields, slug="tech"))
    letter = confirmations.letter(examples.person(), event)
    assert f"More: {settings.PUBLIC_URL}/e/tech\n" in letter.text
    (place,) = re.findall(rf"^{settings.PUBLIC_URL}/r/(\S+)$", letter.text, re.MULTILINE)
    assert tokens.read_place(place) == tokens.PlaceRef("e1", "p1")
    message = _parsed(_wire(letter))
    words, file = message.get_payload()
    assert message.get_content_type() == "multipart/mixed"
    assert words.get_content_type() == "multipart/alternative"
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "event.ics")
    assert file.get_payload(decode=True) == ics.of(event)


def test_a_mail_about_a_draft_leads_to_no_page_that_nobody_can_see() -> None:
    event = replace(examples.event(), fields=replace(examples.event().fields, status="draft"))
    assert "More:" not in confirmations.letter(examples.person(), event).text


def test_those_who_wait_and_those_who_register_twice_are_told_so() -> None:
    waiting = confirmations.waiting(examples.person(), examples.event())
    assert "you are on the waitlist" in waiting.text
    assert waiting.calendar == b""
    assert "you have a place already" in confirmations.reminder(examples.person(), examples.event()).text
