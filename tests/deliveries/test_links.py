"""Links in a body get the campaign's UTM parameters and lose nothing of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.utm import NO_UTM, Utm
from crm.deliveries import links

UTM = Utm("newsletter", "email", "tech conf")
ADDED = "utm_source=newsletter&utm_medium=email&utm_campaign=tech%20conf"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://a.example/x", f"https://a.example/x?{ADDED}"),
        ("https://a.example", f"https://a.example/?{ADDED}"),
        ("https://a.example#top", f"https://a.example/?{ADDED}#top"),
        ("https://a.example?q=1", f"https://a.example/?q=1&{ADDED}"),
        ("http://a.example/x?a=1;b=%20c&d#part", f"http://a.example/x?a=1;b=%20c&d&{ADDED}#part"),
        ("https://a.example/x?utm_source=old&keep=1&UTM_medium=old", f"https://a.example/x?keep=1&{ADDED}"),
        ("https://a.example/x?utm_term=shoes", f"https://a.example/x?utm_term=shoes&{ADDED}"),
        ("https://a.example/x?next=https://b.example/y", f"https://a.example/x?next=https://b.example/y&{ADDED}"),
        ("HTTPS://A.example/x", f"HTTPS://A.example/x?{ADDED}"),
    ],
)
def test_link_gets_the_parameters_once_and_keeps_the_rest(written: str, sent: str) -> None:
    assert links.tagged_text(written, UTM) == sent


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("See https://a.example/x.", "https://a.example/x"),
        ("(see https://a.example/x)", "https://a.example/x"),
        ("https://a.example/wiki/Foo_(bar)", "https://a.example/wiki/Foo_(bar)"),
        ("Really https://a.example/x?!", "https://a.example/x"),
        ('"https://a.example/x"', "https://a.example/x"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("'https://a.example/x', she said", "https://a.example/x"),
        ("https://a.example/x/\nnext line", "https://a.example/x/"),
        ("来て https://a.example/x。", "https://a.example/x"),
    ],
)
def test_punctuation_around_a_link_stays_outside(written: str, link: str) -> None:
    assert [piece for piece, is_link in links.pieces(written) if is_link] == [link]


@pytest.mark.parametrize("written", ["ftp://a.example", "mailto:a@a.example", "a.example/x", "https://", "https://."])
def test_only_web_links_are_tagged(written: str) -> None:
    assert links.tagged_text(written, UTM) == written


def test_without_utm_the_text_stays_as_it_is() -> None:
    written = "See https://a.example?utm_source=mine, please."

    assert links.tagged_text(written, NO_UTM) == written


def test_values_not_given_leave_the_links_own() -> None:
    written = "https://a.example/?utm_source=mine&utm_campaign=old"

    assert links.tagged_text(written, Utm(campaign="new")) == "https://a.example/?utm_source=mine&utm_campaign=new"


@given(st.text() | st.from_regex(r"([\w ().,]{0,5}https?://[\w./?&=#()!-]{0,20}){0,4}"))
def test_pieces_together_are_the_text(text: str) -> None:
    assert "".join(piece for piece, _ in links.pieces(text)) == text
