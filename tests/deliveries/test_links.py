"""Links in a body get the campaign's UTM parameters and lose nothing of their own."""

import pytest

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
    assert links.tagged(written, UTM) == sent


def test_without_utm_the_text_stays_as_it_is() -> None:
    written = "https://a.example?utm_source=mine"

    assert links.tagged(written, NO_UTM) == written


def test_values_not_given_leave_the_links_own() -> None:
    written = "https://a.example/?utm_source=mine&utm_campaign=old"

    assert links.tagged(written, Utm(campaign="new")) == "https://a.example/?utm_source=mine&utm_campaign=new"
