"""What the press prints decodes to what was laid out, filled in for one person; nothing in it leaves its place."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import formataddr, parseaddr
from html import escape

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from crm.core.utm import NO_UTM, Utm
from crm.deliveries import layout, letters, tokens
from crm.deliveries.merge import Missing
from crm.deliveries.press import Copy, Press
from crm.people.entities import PersonFields
from tests.deliveries import examples

TOKEN = tokens.of(examples.mail())
ADA = PersonFields(email="ada@example.com", first_name="Ada", company="R & D <Corp>")
BODY = "Hi {{ firstName|there }},\n\n[book](https://a.example/x?a=1#top) at **{{ company }}**.\n\n- one\n- two\n"


def _wire(subject: str = "Hello", body: str = BODY, person: PersonFields = ADA, name: str = "Ada") -> bytes:
    press = Press(layout.of(subject, body, Utm(source="news")), "leave@crm.example")
    return Copy(press, person, TOKEN).wire(
        sender="Event CRM <events@crm.example>", name=name, address=person.email, now=examples.MOMENT
    )


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _part(raw: bytes, subtype: str) -> str:
    part = _parsed(raw).get_body((subtype,))
    assert part is not None
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def test_both_parts_are_filled_in_and_tracked() -> None:
    raw = _wire()

    link = tokens.click_url(TOKEN, 1)
    assert _part(raw, "plain").startswith(f"Hi Ada,\n\nbook ({link}) at R & D <Corp>.\n\n- one\n- two\n\n")
    assert f'<a href="{link}"' in _part(raw, "html")
    assert "<strong>R &amp; D &lt;Corp&gt;</strong>" in _part(raw, "html")
    assert "a.example" not in _part(raw, "html")


def test_mail_can_be_unsubscribed_from_by_header_and_link() -> None:
    raw = _wire()

    url = tokens.unsubscribe_url(TOKEN)
    message = _parsed(raw)
    assert message["List-Unsubscribe"] == f"<{url}>, <mailto:leave@crm.example?subject=unsubscribe%20{TOKEN}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"Unsubscribe: {url}\n" in _part(raw, "plain")
    assert f'<a href="{url}"' in _part(raw, "html")


def test_headers_are_those_of_a_mass_mail_and_ses_gives_the_message_id() -> None:
    message = _parsed(_wire())

    assert set(message.keys()) == {
        "Content-Type",
        "MIME-Version",
        "From",
        "To",
        "Subject",
        "Date",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Precedence",
    }
    assert message["Precedence"] == "bulk"


def test_html_has_pixel_and_hidden_honeypot() -> None:
    html = _part(_wire(), "html")

    assert f'<img src="{tokens.open_url(TOKEN)}" width="1" height="1" alt=""' in html
    assert f'<a href="{tokens.honeypot_url(TOKEN)}" style="display:none" aria-hidden="true"' in html
    assert tokens.open_url(TOKEN) not in _part(_wire(), "plain")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(texts, texts, texts)
@example("a\r\nBcc: everyone@example.com", "b\nX-Evil: 1", "c\r\n\r\n--x")
@example("=?utf-8?q?hi?=", "=20", ".")
@example("招待状" * 40, "x" * 120, " ")
@example("", "From here", "\n.\n")
@example("", "x" * 75, "x" * 75)
def test_nothing_filled_in_leaves_its_place(first: str, company: str, city: str) -> None:
    person = PersonFields(email="ada@example.com", first_name=f"-{first}", company=f"{company}-", city=f"-{city}")
    raw = _wire("{{ firstName }} at {{ company }}", "{{ company }}\n\n{{city}}{{ firstName }} end", person, name=first)

    message = message_from_bytes(raw)
    assert set(message.keys()) == set(_parsed(_wire()).keys())
    for value in message.values():
        assert value.isascii()
        assert value.replace("\r\n ", " ").isprintable()
    lines = raw.split(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    body = lines[lines.index(b"") :]
    assert max(map(len, body)) <= 76
    said = tuple(map(letters.printable, (person.company, person.city, person.first_name)))
    assert _part(raw, "plain").startswith("{}\n\n{}{} end\n".format(*said))
    assert f"{escape(said[0])}</p>\n<p" in _part(raw, "html")
    assert f">{escape(said[1])}{escape(said[2])} end</p>" in _part(raw, "html")


@pytest.mark.parametrize("length", range(70, 80))
def test_words_of_any_length_before_a_hole_leave_room_for_its_soft_break(length: int) -> None:
    raw = _wire(body=f"{'x' * length}{{{{ firstName }}}}")

    assert max(map(len, raw[raw.index(b"\r\n\r\n") :].split(b"\r\n"))) <= 76
    assert _part(raw, "plain").startswith(f"{'x' * length}Ada\n")


@pytest.mark.parametrize("word", ["🎉", "🎉 fête ", "plain words ", "x", '"quoted", ', "=?utf-8?q?hi?= "])
def test_no_header_line_grows_too_long_and_reads_as_it_was_written(word: str) -> None:
    said, name = f"Join us: {word * 200}".strip(), f"A{word * 200}".strip()
    person = PersonFields(email="ada@example.com", first_name=name, company="x")
    press = Press(layout.of(f"{said} {{{{ firstName }}}}", BODY, NO_UTM), "leave@crm.example")
    raw = Copy(press, person, TOKEN).wire(
        sender=formataddr((word * 20, "events@crm.example"), "utf-8"),
        name=name,
        address=person.email,
        now=examples.MOMENT,
    )

    lines = raw[: raw.index(b"\r\n\r\n")].split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(len(line) <= 76 for line in lines if b"=?" in line)
    message = _parsed(raw)
    assert message["Subject"] == f"{said} {name}"
    # The parser of addresses keeps spaces between encoded words, which RFC 2047, 6.2 has dropped.
    to = str(make_header(decode_header(message_from_bytes(raw)["To"]))).replace("\r\n", "")
    assert parseaddr(to) == (name, person.email)
    assert message["From"].addresses[0].addr_spec == "events@crm.example"


def test_ordinary_subject_is_left_as_it_is() -> None:
    assert b"\r\nSubject: Join our next event!\r\n" in _wire("Join our next event!")


def test_person_without_a_value_gets_no_mail_with_a_hole() -> None:
    with pytest.raises(Missing, match="no company"):
        _wire(person=PersonFields(email="ada@example.com"))


def test_address_that_ses_cannot_take_is_refused() -> None:
    with pytest.raises(letters.Unmailable):
        _wire(person=PersonFields(email="ädä@example.com", company="x"))


def test_two_people_get_their_own_mail_from_one_press() -> None:
    press = Press(layout.of("Hi {{ firstName }}", "{{ firstName }}", NO_UTM), "leave@crm.example")
    for name in ("Ada", "Ben"):
        person = PersonFields(email=f"{name}@example.com", first_name=name)
        raw = press.print(person, f"token-{name}", sender=settings.MAIL_FROM, to=person.email, now=examples.MOMENT)
        assert _parsed(raw)["Subject"] == f"Hi {name}"
        assert _part(raw, "plain").startswith(f"{name}\n")
        assert f"/u/token-{name}" in _part(raw, "html")
