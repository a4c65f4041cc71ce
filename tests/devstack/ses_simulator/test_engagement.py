"""People the simulator delivers to open, follow links and unsubscribe by themselves; gateways fetch everything."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.ses_simulator import outcomes, visits
from tests.devstack.ses_simulator.listener import Listener, listening
from tests.devstack.ses_simulator.simulator import Simulator
from tests.integration.stack import eventually

SITE = "http://crm.example:8000"
HTML = (
    f'<a href="{SITE}/c/t/0" style="display: none">look</a>'
    f'<a href="{SITE}/c/t/1">Come</a><a href="{SITE}/c/t/2"><b>Go</b></a>'
    f'<a href="https://elsewhere.example/">Else</a><a href="mailto:ann@crm.example">Write</a>'
    f'<a href="{SITE}/u/t">Unsubscribe</a><img src="{SITE}/o/t.gif" alt=""><img src="{SITE}.evil.example/x.gif">'
)
RAW = (
    f"From: events@crm.example\r\nSubject: Hi\r\nList-Unsubscribe: <mailto:u@crm.example>, <{SITE}/u/t>\r\n"
    f"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{HTML}\r\n"
).encode()
PEOPLE = [f"person-{number}@example.com" for number in range(20_000)]


@pytest.fixture(scope="module")
def heard() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, heard: Listener) -> Iterator[Simulator]:
    """A simulator whose people engage with mails that link to SITE, which the listener stands in for."""
    told = {"SES_SIMULATOR_ENGAGE": "1", "SES_EVENTS_URL": f"{heard.url}/hooks/ses", "PUBLIC_URL": SITE}
    with Simulator(tmp_path_factory.mktemp("ses"), **told) as simulator:
        yield simulator


@pytest.fixture
def asked(heard: Listener) -> Listener:
    """What is asked of the site from now on."""
    heard.requests.clear()
    return heard


def _somebody(*kinds: str, before_s: float = 10.0) -> str:
    """Find an address to which exactly this happens, and soon."""
    for address in PEOPLE:
        plan = list(visits.planned(address))
        is_fit = [visit.kind for visit in plan] == list(kinds) and all(visit.after_s < before_s for visit in plan)
        if is_fit and outcomes.of(address, people=True) == outcomes.DELIVERED:
            return address
    raise AssertionError(f"nobody does {kinds}")


def test_a_reader_opens_then_follows_a_link_that_can_be_seen(ses: Simulator, asked: Listener) -> None:
    ses.send(_somebody(visits.OPEN, visits.CLICK), RAW)
    assert eventually(lambda: len(asked.requests) == 2)
    opened, clicked = (path for path, _ in asked.requests)
    assert (opened, clicked in {"GET /c/t/1", "GET /c/t/2"}) == ("GET /o/t.gif", True)
    for _, headers in asked.requests:
        assert headers["host"] == "crm.example:8000"
        assert headers["user-agent"].startswith("Mozilla/5.0 (")


def test_a_gateway_fetches_everything_of_the_site_at_once(ses: Simulator, asked: Listener) -> None:
    ses.send(_somebody(visits.SCAN), RAW)
    assert eventually(lambda: len(asked.requests) == 5)
    paths = {path for path, _ in asked.requests}
    assert paths == {"GET /o/t.gif", "GET /c/t/0", "GET /c/t/1", "GET /c/t/2", "GET /u/t"}


def test_nobody_is_led_to_another_host(ses: Simulator, asked: Listener) -> None:
    with listening() as elsewhere:
        # Images come first: once the rest was asked for, so was this one.
        authority = elsewhere.url.removeprefix("http:")
        ses.send(_somebody(visits.SCAN), RAW + f'<img src="{SITE}{authority}/evil.gif">'.encode())
        assert eventually(lambda: len(asked.requests) == 5)
        assert elsewhere.requests == []


def test_somebody_unsubscribes_with_one_click(ses: Simulator, asked: Listener) -> None:
    ses.send(_somebody(visits.OPEN, visits.UNSUBSCRIBE, before_s=30), RAW)
    assert eventually(lambda: "POST /u/t List-Unsubscribe=One-Click" in [path for path, _ in asked.requests], 60)


def test_opens_and_clicks_are_events_only_where_that_is_wanted(ses: Simulator, heard: Listener) -> None:
    ses.set(event_types="Open,Click")
    told = ses.send(_somebody(visits.OPEN, visits.CLICK), RAW)
    assert eventually(lambda: heard.kinds(told) == ["Open", "Click"])
    click = heard.about(told)[1].event
    assert click["click"]["link"] in {f"{SITE}/c/t/1", f"{SITE}/c/t/2"}
    assert click["mail"]["commonHeaders"]["subject"] == "Hi"


def test_nobody_engages_when_that_is_switched_off(ses: Simulator, asked: Listener) -> None:
    ses.set(engage=False)
    scanned = _somebody(visits.SCAN)
    ses.send(scanned, RAW)
    ses.set()
    # The one after it is visited: the one before it would have been, too.
    ses.send(scanned, RAW)
    assert eventually(lambda: len(asked.requests) >= 5)
    assert len(asked.requests) == 5


def test_links_that_are_hidden_empty_or_unsubscribe_are_not_for_readers() -> None:
    found = visits.page(f'{HTML}<a href="{SITE}/c/t/3"></a>')
    assert found.links == (f"{SITE}/c/t/1", f"{SITE}/c/t/2", "https://elsewhere.example/", "mailto:ann@crm.example")
    assert found.hidden == (f"{SITE}/c/t/0", f"{SITE}/u/t", f"{SITE}/c/t/3")


def test_people_do_what_people_do() -> None:
    done = Counter(visit.kind for address in PEOPLE for visit in visits.planned(address))
    shares = {kind: number / len(PEOPLE) for kind, number in done.items()}
    assert shares == pytest.approx({"open": 0.45, "click": 0.12, "unsubscribe": 0.005, "scan": 0.02}, rel=0.2)


def test_a_few_bounce_and_fewer_complain() -> None:
    became = Counter(outcomes.of(address, people=True) for address in PEOPLE)
    assert became[outcomes.BOUNCED] / len(PEOPLE) == pytest.approx(0.015, rel=0.2)
    assert 0 < became[outcomes.COMPLAINED] / len(PEOPLE) < 0.001


def test_nobody_reads_a_mail_in_its_first_five_seconds() -> None:
    plans = [visit for address in PEOPLE for visit in visits.planned(address) if visit.kind != visits.SCAN]
    assert min(visit.after_s for visit in plans) > 5
    assert max(visit.after_s for visit in plans) <= 90


def test_the_people_of_the_readme_get_their_mail() -> None:
    for address in ("alice@example.com", "robin.vega@crm.example"):
        assert outcomes.of(address, people=True) == outcomes.DELIVERED


def test_a_mail_that_cannot_be_read_does_not_keep_others_from_being_read(tmp_path: Path) -> None:
    with listening() as heard:
        told = {"SES_SIMULATOR_ENGAGE": "1", "SES_EVENTS_URL": heard.url, "PUBLIC_URL": SITE}
        with Simulator(tmp_path, **told) as simulator:
            scanned = _somebody(visits.SCAN)
            simulator.send(scanned, RAW.replace(b"/o/t.gif", b"/o/[t\x00.gif").replace(b"utf-8", b"utf-9"))
            simulator.send(scanned, RAW)
            assert eventually(lambda: any(path == "GET /o/t.gif" for path, _ in heard.requests))
