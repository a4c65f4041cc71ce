"""A mail is laid out once: links become numbers, fields stay open, and nothing anybody's name holds can change it."""

import pytest

from crm.core import errors
from crm.core.utm import NO_UTM, Utm
from crm.deliveries import layout, showing
from crm.deliveries.layout import Layout, Link, Spot
from crm.deliveries.merge import Use
from crm.people.entities import PersonFields

UTM = Utm("newsletter", "email", "summit")
ADDED = "utm_source=newsletter&utm_medium=email&utm_campaign=summit"
ADA = PersonFields(email="ada@example.com", first_name="Ada", company="R & D <Corp>")


def laid_out(body: str, subject: str = "Hello", utm: Utm = UTM) -> Layout:
    return layout.of(subject, body, utm)


def shown(body: str, person: PersonFields | None = ADA) -> str:
    return showing.letter(laid_out(body), person).html


@pytest.mark.parametrize(
    ("written", "destination"),
    [
        ("[w](https://a.example/wiki/Foo_(bar))", f"https://a.example/wiki/Foo_(bar)?{ADDED}"),
        ("[w](https://a.example/x#part)", f"https://a.example/x?{ADDED}#part"),
        ("[w](https://a.example/x?a=1&b=2#part)", f"https://a.example/x?a=1&b=2&{ADDED}#part"),
        ("[w](<https://a.example/a b>)", f"https://a.example/a%20b?{ADDED}"),
        ("See (https://a.example/x).", f"https://a.example/x?{ADDED}"),
        ("<https://a.example/x?utm_source=old>", f"https://a.example/x?{ADDED}"),
        ("[w][1]\n\n[1]: HTTPS://A.example/X", f"HTTPS://A.example/X?{ADDED}"),
    ],
)
def test_link_is_numbered_and_its_destination_kept_with_the_tracking(written: str, destination: str) -> None:
    mail = laid_out(written)

    assert mail.links == (destination,)
    assert mail.html.count(Link(1)) == mail.text.count(Link(1)) == 1
    assert 'href="http' not in "".join(piece for piece in mail.html if isinstance(piece, str))


def test_links_are_numbered_in_the_order_of_the_text() -> None:
    mail = laid_out(
        "[one](https://a.example/1) [m](mailto:a@b.example)\n\n- [two](https://a.example/2)\n\nhttps://a.example/1"
    )

    assert [link.partition("?")[0] for link in mail.links] == [
        "https://a.example/1",
        "https://a.example/2",
        "https://a.example/1",
    ]
    assert [piece for piece in mail.html if isinstance(piece, Link)] == [Link(1), Link(2), Link(3)]
    assert "mailto:a@b.example" in "".join(piece for piece in mail.html if isinstance(piece, str))


def test_every_mail_has_pixel_honeypot_and_a_way_out_once() -> None:
    mail = laid_out("Hello")

    assert [piece for piece in mail.html if isinstance(piece, Spot)] == [Spot.HONEYPOT, Spot.UNSUBSCRIBE, Spot.PIXEL]
    assert [piece for piece in mail.text if isinstance(piece, Spot)] == [Spot.UNSUBSCRIBE]


def test_styles_are_inlined_once_for_everybody() -> None:
    html = shown("[x](https://a.example)\n\n# Head")

    assert '<h1 style="' in html
    assert "<link" not in html
    assert html.count("<style>") == 1, "only what cannot be inlined, for dark and narrow screens"
    assert html.partition("<style>")[2].lstrip().startswith("@media")


def test_stored_layout_is_the_same_layout() -> None:
    mail = laid_out("Hi {{ firstName|there }} {{ company }} [x](https://a.example)", "For {{ firstName| }}")

    assert layout.unpacked(layout.packed(mail)) == mail


def test_fields_of_subject_and_body_are_known_once_each() -> None:
    mail = laid_out("Hi {{ firstName|there }}, {{ company }}, {{ company }}", "{{ city }}")

    assert set(mail.uses) == {Use("firstName", "there"), Use("company", None), Use("city", None)}


@pytest.mark.parametrize(
    ("subject", "body", "field"), [("{{ shoe }}", "x", "subject"), ("x", "{{ shoe }}", "body"), ("x", "{{ a", "body")]
)
def test_unknown_field_is_refused_where_it_stands(subject: str, body: str, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        laid_out(body, subject)

    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    "body",
    [
        "[x](https://a.example/{{ city }})",
        "[x](https://a.example/?c={{city|Rome}})",
        "https://{{ company }}.example",
        "![x](https://a.example/{{city}}.png)",
        "[x](mailto:{{email}})",
    ],
)
def test_field_inside_an_address_is_refused(body: str) -> None:
    with pytest.raises(errors.Invalid, match="inside an address"):
        laid_out(body)


def test_value_is_text_and_never_markup_nor_markdown_nor_a_field() -> None:
    odd = PersonFields(email="a@example.com", first_name="**<b>{{ company }}</b>", company='" onclick="x')
    letter = showing.letter(laid_out("Hi {{ firstName }}!\n\n![{{ company }}](https://a.example/x.png)"), odd)

    assert "Hi **&lt;b&gt;{{ company }}&lt;/b&gt;!" in letter.html
    assert 'alt="&quot; onclick=&quot;x"' in letter.html
    assert "Hi **<b>{{ company }}</b>!" in letter.text


def test_default_is_text_too() -> None:
    nobody = PersonFields(email="a@example.com")

    assert "Hi &lt;i&gt;*you*&lt;/i&gt;!" in showing.letter(laid_out("Hi {{ firstName|<i>*you*</i> }}!"), nobody).html


def test_field_may_be_emphasised() -> None:
    assert "at <strong>R &amp; D &lt;Corp&gt;</strong>!" in shown("at **{{ company }}**!")


def test_subject_is_filled_in_everywhere_it_stands() -> None:
    letter = showing.letter(laid_out("x", "{{ company }}: news"), ADA)

    assert letter.subject == "R & D <Corp>: news"
    assert "<title>R &amp; D &lt;Corp&gt;: news</title>" in letter.html


def test_shown_mail_leads_where_it_says_and_tells_nobody() -> None:
    html = shown("[x](https://a.example/y)")

    assert f'href="https://a.example/y?{ADDED.replace("&", "&amp;")}"' in html
    assert "<img" not in html


def test_shown_without_a_person_or_value_the_field_itself_is_seen() -> None:
    assert "{{ jobTitle }}" in shown("{{ jobTitle }}")
    assert "{{ firstName|there }}" in shown("{{ firstName|there }}", None)


@pytest.mark.parametrize("body", ["a\n\n" * 40_000, "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 9_000])
def test_mail_that_gets_too_long_is_refused(body: str) -> None:
    with pytest.raises(errors.Invalid, match="too long"):
        laid_out(body, utm=NO_UTM)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("[Book](example.com)", "example.com"),
        ("[**Book**](/seats)", "/seats"),
        ("![logo](logo.png)", "logo.png"),
        ("[x](javascript:alert(1))", "javascript:alert(1)"),
        ("<ftp://a.example/x>", "ftp://a.example/x"),
        ("[x][1]\n\n[1]: //a.example", "//a.example"),
    ],
)
def test_address_that_leads_nowhere_from_a_mail_is_named(written: str, address: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        layout.of("Hi", written, NO_UTM)

    assert refused.value.fields == {"body": f"“{address}” leads nowhere from a mail. Write all of it, with https://."}


@pytest.mark.parametrize("written", ["see example.com", "ftp://a.example/x", "//a.example", "[sic] (so)", "a [b](c d)"])
def test_words_that_only_look_like_an_address_stay_words(written: str) -> None:
    assert layout.of("Hi", written, NO_UTM).links == ()
