"""Every number of the analytics is the number of rows that its link lists."""

import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.analytics.store import CREDITS, MEASURES, OUTCOMES, STATES, Question
from crm.core import errors
from crm.core.touches import Touch
from crm.core.utm import PARAMETERS
from crm.search.documents import AnyDocument, DeliveryDocument, EngagementDocument, RegistrationDocument
from crm.search.mail_links import MEASURES as LINK_MEASURES
from crm.search.store import Page, SearchStore
from tests.analytics.conftest import Stores, beside
from tests.search.conftest import ADAPTERS
from tests.search.documents import delivery, engagement, registration

START = datetime(2025, 3, 29, 21, 50, tzinfo=UTC)
SOURCES, MEDIA, CAMPAIGNS = ("newsletter", "Newsletter", ""), ("email", ""), ("tech", "spring", "")
_EXAMPLES = int(os.environ.get("FILTER_EXAMPLES", "60"))
REASONS = ("suppressed", "unsubscribed")


def _when(chance: random.Random) -> datetime:
    """Draw a time of four days, so that there are whole ones between others."""
    seconds = chance.randrange(0, 8 * 3600, 300)
    return START + timedelta(days=chance.randrange(4), seconds=seconds, microseconds=chance.randrange(2))


def _mail(number: int, version: int, chance: random.Random) -> DeliveryDocument:
    state = chance.choice(STATES)
    is_campaign = number % 4 > 0
    return delivery(
        f"c{number % 3}/p/{number}",
        version=version,
        deleted=version == 3 and number % 7 == 0,
        kind="campaign" if is_campaign else "confirmation",
        campaign_id=f"c{number % 3}" if is_campaign else None,
        event_id=None if is_campaign else "e",
        state=state,
        outcome=(outcome := chance.choice(("", *OUTCOMES)) if state == "sent" else ""),
        is_hard_bounce=outcome == "bounced" and chance.random() < 0.5,
        reason=chance.choice(REASONS) if state in {"skipped", "failed"} else "",
        state_at=_when(chance),
        utm_source=SOURCES[number % 3],
        utm_medium=MEDIA[number % 2],
        utm_campaign=CAMPAIGNS[number % 3],
        created_at=START,
    )


def _deed(number: int, chance: random.Random) -> EngagementDocument:
    mail = chance.randrange(240)
    kind = chance.choice(("open", "click", "click", "unsubscribe"))
    return engagement(
        f"c{mail % 3}/p/{mail}",
        str(number),
        campaign_id=f"c{mail % 3}" if mail % 4 else None,
        kind=kind,
        link=chance.randrange(4) if kind == "click" else 0,
        at=START + timedelta(minutes=chance.randrange(30)),
        verdict=chance.choice(("human", "machine")),
    )


def _history(seed: int) -> list[AnyDocument]:
    """Make mails that move through states, and what was done with them, of which some turns out a machine's."""
    chance = random.Random(seed)
    mails = [_mail(number, version, chance) for number in range(240) for version in (1, 2, 3)]
    deeds = []
    for number in range(300):
        first = _deed(number, chance)
        second = replace(first, version=2, verdict="machine", deleted=number % 11 == 0)
        deeds += [first, second] if number % 5 else [first]
    places = [_place(number, version, chance) for number in range(120) for version in (1, 2)]
    return [*mails, *deeds, *places]


def _place(number: int, version: int, chance: random.Random) -> RegistrationDocument:
    status = chance.choice(("registered", "registered", "waitlisted", "cancelled"))
    return registration(
        f"e{number % 3}",
        f"p{number}",
        version=version,
        deleted=version == 2 and number % 13 == 0,
        status=status,
        registered_at=_when(chance),
        attended=status == "registered" and chance.random() < 0.5,
        first_touch=_touch(chance),
        last_touch=_touch(chance),
    )


def _touch(chance: random.Random) -> Touch | None:
    if chance.random() < 0.3:
        return None
    utm = (chance.choice(values) for values in (SOURCES, MEDIA, CAMPAIGNS))
    return Touch(*utm, campaign_id=chance.choice(("", "c1", "c2")), at=START)


@pytest.fixture(scope="module", params=ADAPTERS)
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Both stores after mails moved through states, told out of order and repeatedly."""
    search = ADAPTERS[request.param](tmp_path_factory.mktemp("read"))
    told = _history(1) * 3
    random.Random(2).shuffle(told)
    for start in range(0, len(told), 70):
        search.apply(told[start : start + 70])
    return search, beside(search)


MOMENTS = st.none() | st.builds(
    lambda days, minutes, micros: START + timedelta(days=days, minutes=minutes, microseconds=micros),
    st.integers(0, 3),
    st.integers(-30, 9 * 60),
    st.integers(0, 1),
)
QUESTIONS = st.builds(
    Question,
    utm_source=st.sampled_from(SOURCES),
    utm_medium=st.sampled_from(MEDIA),
    utm_campaign=st.sampled_from(CAMPAIGNS),
    campaign_id=st.sampled_from(("", "c1", "c2")),
    since=MOMENTS,
    before=MOMENTS,
)


DEEDS = {
    "opened": ("open", True),
    "opened_all": ("open", False),
    "clicked": ("click", True),
    "clicked_all": ("click", False),
    "unsubscribed": ("unsubscribe", False),
}


def listed(
    search: SearchStore,
    question: Question,
    measure: str | None = None,
    *,
    link: int | None = None,
    by_human: bool = False,
    **more: str,
) -> int:
    """Count the rows that the question's link lists."""
    utm = {name: getattr(question, name) for name in PARAMETERS if getattr(question, name)}
    campaign = question.campaign_id or None
    if measure in CREDITS:
        counted, _, touch = measure.partition("_")
        return search.registrations(
            status="registered",
            attended=counted == "attended",
            touch=touch,
            utm={**utm, **{name: value for name, value in more.items() if name in PARAMETERS}},
            campaign_id=more.get("campaign_id", campaign),
            registered_from=question.since,
            registered_before=question.before,
            limit=1,
        ).total
    engaged, by_human = DEEDS.get(measure or "", (None, by_human))
    return search.deliveries(
        campaign_id=more.pop("campaign_id", campaign),
        reason=more.pop("reason", None),
        state=measure if measure in STATES else None,
        outcome=measure if measure in OUTCOMES else None,
        engaged=engaged,
        link=link,
        by_human=by_human,
        utm={**utm, **more},
        entered_from=question.since,
        entered_before=question.before,
        limit=1,
    ).total


def clicks(search: SearchStore, question: Question, *, by_human: bool, **more: Any) -> Page[EngagementDocument]:
    """Return the first clicks that the question's number of clicks opens, and how many they are."""
    return search.clicks(
        campaign_id=more.pop("campaign_id", question.campaign_id or None),
        by_human=by_human,
        utm={name: value for name in PARAMETERS if (value := getattr(question, name))},
        entered_from=question.since,
        entered_before=question.before,
        **more,
    )


def in_all(counts: Mapping[str, int]) -> int:
    """Add the states up: each mail is in one."""
    return sum(counts.get(state, 0) for state in STATES)


@given(question=QUESTIONS)
@settings(max_examples=3 * _EXAMPLES)
def test_a_summary_counts_the_rows_of_each_measure(stores: Stores, question: Question) -> None:
    search, analytics = stores
    summary = analytics.summary(question)
    assert {name: summary.get(name, 0) for name in MEASURES} == {
        name: listed(search, question, name) for name in MEASURES
    }
    assert in_all(summary) == listed(search, question)


@given(question=QUESTIONS, dimensions=st.lists(st.sampled_from([*PARAMETERS, "campaign_id"]), unique=True))
@settings(max_examples=_EXAMPLES)
def test_each_row_counts_its_own_mails_and_all_rows_sum_up(
    stores: Stores, question: Question, dimensions: list[str]
) -> None:
    search, analytics = stores
    rows = analytics.by(question, dimensions)
    for row in rows:
        for state, count in row.counts.items():
            assert count == listed(search, question, state, **row.keys)
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.counts)
    assert total == Counter(analytics.summary(question))
    sent = [row.counts.get("sent", 0) for row in rows]
    assert sent == sorted(sent, reverse=True)


@given(question=QUESTIONS)
@settings(max_examples=2 * _EXAMPLES)
def test_each_link_counts_the_mails_in_which_it_was_clicked(stores: Stores, question: Question) -> None:
    search, analytics = stores
    rows = analytics.links(question)
    assert len({(row.campaign_id, row.link) for row in rows}) == len(rows)
    found = {(row.campaign_id, row.link): [row.counts.get(name, 0) for name in LINK_MEASURES] for row in rows}
    campaigns = (question.campaign_id,) if question.campaign_id else ("", "c0", "c1", "c2")
    for campaign in campaigns:
        for link in range(4):
            asked = replace(question, campaign_id="")
            mails = [listed(search, asked, link=link, by_human=human, campaign_id=campaign) for human in (True, False)]
            clicked = found.pop((campaign, link), [0, 0, 0, 0])
            listed_clicks = [
                clicks(search, asked, by_human=human, link=link, campaign_id=campaign).total for human in (True, False)
            ]
            assert clicked == [*mails, *listed_clicks]
    assert not found
    assert [row.counts["clicked"] for row in rows] == sorted((row.counts["clicked"] for row in rows), reverse=True)


def test_every_click_counts_for_one_link_by_whoever_did_it(stores: Stores) -> None:
    _, analytics = stores
    known = _known(_history(1))
    mails = {row.id for row in known if isinstance(row, DeliveryDocument)}
    clicks = [row for row in known if isinstance(row, EngagementDocument) and row.kind == "click"]
    counted: Counter[tuple[str, int, str]] = Counter()
    for row in clicks:
        if row.mail_id in mails:
            counted[row.campaign_id or "", row.link, "clicks_all"] += 1
            counted[row.campaign_id or "", row.link, "clicks"] += row.verdict == "human"
    assert counted
    assert +counted == Counter(
        {
            (row.campaign_id, row.link, name): number
            for row in analytics.links(Question())
            for name in ("clicks", "clicks_all")
            if (number := row.counts.get(name, 0))
        }
    )


def test_a_link_that_nobody_clicked_after_all_is_no_row(make: Callable[[Path], Stores], tmp_path: Path) -> None:
    search, analytics = make(tmp_path)
    mail, click = delivery("c/p/mail", state_at=START), engagement("c/p/mail", kind="click", link=1)
    search.apply([mail, click])
    asked = (Question(), Question(since=START, before=START + timedelta(hours=1)))
    assert [[row.link for row in analytics.links(question)] for question in asked] == [[1], [1]]
    search.apply([replace(click, version=2, deleted=True)])
    assert [analytics.links(question) for question in asked] == [[], []]


def test_period_that_begins_before_1970_counts_everything_once(stores: Stores) -> None:
    _, analytics = stores
    ever, since = Question(), Question(since=datetime(1969, 12, 31, 23, tzinfo=UTC))
    assert analytics.summary(since) == analytics.summary(ever) != {}
    assert analytics.links(since) == analytics.links(ever)
    newsletter = {"utm_source": "newsletter"}
    asked = [replace(question, **newsletter) for question in (since, ever)]
    assert analytics.series(asked[0], "day", "UTC") == analytics.series(asked[1], "day", "UTC")


@given(question=QUESTIONS, by_human=st.booleans())
@settings(max_examples=_EXAMPLES)
def test_clicks_are_listed_newest_first_and_as_many_as_their_number(
    stores: Stores, question: Question, by_human: bool
) -> None:
    search, analytics = stores
    number = "clicks" if by_human else "clicks_all"
    seen: list[EngagementDocument] = []
    cursor = None
    while not seen or cursor:
        page = clicks(search, question, by_human=by_human, cursor=cursor, limit=50)
        seen, cursor = [*seen, *page.items], page.next
        assert page.total == sum(row.counts.get(number, 0) for row in analytics.links(question))
        if not page.items:
            break
    assert len(seen) == page.total
    assert seen == sorted(seen, key=lambda row: (row.at, row.id), reverse=True)
    known = {row.id: row for row in _known(_history(1)) if isinstance(row, EngagementDocument)}
    assert all(known[row.id] == row and row.kind == "click" for row in seen)
    assert not by_human or {row.verdict for row in seen} <= {"human"}


def _known(told: list[AnyDocument]) -> list[AnyDocument]:
    """Return what is left of a history: of each thing the highest version, unless that buries it."""
    latest = {row.id: row for row in sorted(told, key=lambda row: row.version)}
    return [row for row in latest.values() if not row.deleted]


@given(
    question=QUESTIONS,
    interval=st.sampled_from(["hour", "day", "week"]),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]),
)
@settings(max_examples=2 * _EXAMPLES)
def test_each_point_counts_the_rows_of_its_stretch(
    stores: Stores, question: Question, interval: str, timezone: str
) -> None:
    search, analytics = stores
    points = analytics.series(question, interval, timezone)
    starts = [point.start.astimezone(UTC) for point in points]
    assert starts == sorted(set(starts))
    total: Counter[str] = Counter()
    for point in points:
        total.update(point.counts)
    assert +total == +Counter(analytics.summary(question))
    for start, end, point in zip(starts, [*starts, None][1:], points, strict=True):
        since = max(start, question.since) if question.since else start
        before = min([moment for moment in (end, question.before) if moment is not None], default=None)
        if question.since is None and start == starts[0]:
            since = None
        stretch = Question(
            question.utm_source, question.utm_medium, question.utm_campaign, question.campaign_id, since, before
        )
        assert in_all(point.counts) == listed(search, stretch)
        assert point.counts.get("clicked", 0) == listed(search, stretch, "clicked")


def test_days_are_the_viewers_days_though_the_clock_is_set_forward(
    make: Callable[[Path], Stores], tmp_path: Path
) -> None:
    search, analytics = make(tmp_path)
    # Berlin, 30 March 2025: the day has 23 hours, from 23:00 UTC to 22:00 UTC.
    moments = ("2025-03-29T22:59", "2025-03-29T23:00", "2025-03-30T21:59", "2025-03-30T22:00", "2025-04-01T22:00")
    search.apply(
        [delivery(f"c/p/{n}", state_at=datetime.fromisoformat(f"{text}:00+00:00")) for n, text in enumerate(moments)]
    )
    points = analytics.series(Question(), "day", "Europe/Berlin")
    assert [(point.start.strftime("%d %H:%M"), point.counts.get("sent", 0)) for point in points] == [
        ("29 00:00", 1),
        ("30 00:00", 2),
        ("31 00:00", 1),
        ("01 00:00", 0),
        ("02 00:00", 1),
    ]


def test_the_hour_a_clock_repeats_is_two_hours(make: Callable[[Path], Stores], tmp_path: Path) -> None:
    search, analytics = make(tmp_path)
    # Berlin, 26 October 2025: 02:30 comes twice.
    search.apply([delivery(f"c/p/{h}", state_at=datetime(2025, 10, 26, h, 30, tzinfo=UTC)) for h in (0, 1)])
    points = analytics.series(Question(), "hour", "Europe/Berlin")
    assert [point.start.isoformat() for point in points] == ["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"]


def test_an_hour_that_is_cut_short_is_one_of_its_own(make: Callable[[Path], Stores], tmp_path: Path) -> None:
    search, analytics = make(tmp_path)
    # Lord Howe Island, 6 April 2025: at 02:00 the clock is set back to 01:30, at 15:00 UTC.
    moments = (datetime(2025, 4, 5, 14, 45, tzinfo=UTC), datetime(2025, 4, 5, 15, 0, tzinfo=UTC))
    search.apply([delivery(f"c/p/{number}", state_at=moment) for number, moment in enumerate(moments)])
    points = analytics.series(Question(), "hour", "Australia/Lord_Howe")
    assert [(point.start.strftime("%H:%M"), point.counts["sent"]) for point in points] == [("01:00", 1), ("01:30", 1)]


def test_a_campaigns_states_and_reasons_are_those_of_its_rows(stores: Stores) -> None:
    search, analytics = stores
    states, reasons = analytics.campaign_states("c1")
    question = Question(campaign_id="c1")
    assert {state: states.get(state, 0) for state in STATES} == {s: listed(search, question, s) for s in STATES}
    assert {reason: reasons.get(reason, 0) for reason in REASONS} == {
        reason: listed(search, question, "skipped", reason=reason) for reason in REASONS
    }


@pytest.mark.parametrize("campaign_id", ["c1", "c2", "nope"])
def test_a_campaigns_outcomes_are_those_of_its_rows(stores: Stores, campaign_id: str) -> None:
    search, analytics = stores
    outcomes = dict(analytics.campaign_outcomes(campaign_id))
    hard = outcomes.pop("hard_bounced")
    assert outcomes == {o: search.deliveries(campaign_id=campaign_id, outcome=o, limit=1).total for o in OUTCOMES}
    rows = search.deliveries(campaign_id=campaign_id, outcome="bounced", limit=100).items
    assert hard == sum(row.is_hard_bounce for row in rows)


@given(question=st.builds(Question, since=MOMENTS, before=MOMENTS))
@settings(max_examples=_EXAMPLES)
def test_every_registration_is_credited_once_by_each_model(stores: Stores, question: Question) -> None:
    search, analytics = stores
    rows = analytics.by(question, PARAMETERS)
    bounds = {"registered_from": question.since, "registered_before": question.before}
    placed = search.registrations(status="registered", limit=1, **bounds).total
    came = search.registrations(status="registered", attended=True, limit=1, **bounds).total
    for touch in ("first", "last"):
        assert sum(row.counts.get(f"registered_{touch}", 0) for row in rows) == placed
        assert sum(row.counts.get(f"attended_{touch}", 0) for row in rows) == came


@given(question=QUESTIONS, touch=st.sampled_from(["first", "last"]), event=st.sampled_from(["", "e1"]))
@settings(max_examples=_EXAMPLES)
def test_each_events_places_are_its_rows_and_sum_up_by_source(
    stores: Stores, question: Question, touch: str, event: str
) -> None:
    search, analytics = stores
    asked = {"touch": touch, "utm": {name: value for name in PARAMETERS if (value := getattr(question, name))}}
    asked |= {"campaign_id": question.campaign_id or None, "limit": 1}
    bounds = {"registered_from": question.since, "registered_before": question.before}
    rows = analytics.places(question, touch, ["event_id"], event)
    for key in [event] if event else ["e0", "e1", "e2"]:
        counts = next((row.counts for row in rows if row.keys["event_id"] == key), {})
        placed = {"event_id": key, "status": "registered", **bounds, **asked}
        assert [counts.get(f"{measure}_{touch}", 0) for measure in ("registered", "attended", "waitlisted")] == [
            search.registrations(**placed).total,
            search.registrations(**placed, attended=True).total,
            search.registrations(event_id=key, status="waitlisted", **asked).total,
        ]
    sums = sum((Counter(row.counts) for row in rows), Counter[str]())
    by_source = analytics.places(question, touch, PARAMETERS, event)
    assert sum((Counter(row.counts) for row in by_source), Counter[str]()) == sums
    points = analytics.places_series(question, touch, "day", "Asia/Kathmandu", event)
    over_time = sum((Counter(point.counts) for point in points), Counter[str]())
    assert over_time == Counter({key: count for key, count in sums.items() if key in CREDITS})
    if not event:
        assert over_time == Counter({key: analytics.summary(question).get(key, 0) for key in over_time})


def test_rolled_up_figures_are_those_of_the_rows(stores: Stores) -> None:
    _, analytics = stores
    assert not analytics.mismatches()


def test_values_are_the_known_ones_commonest_first(stores: Stores) -> None:
    search, analytics = stores
    values = list(analytics.values("utm_source"))
    counts = [
        search.deliveries(utm={"utm_source": value}, limit=1).total
        + sum(listed(search, Question(utm_source=value), f"registered_{touch}") for touch in ("first", "last"))
        for value in values
    ]
    assert set(values) == {"newsletter", "Newsletter"}
    assert counts == sorted(counts, reverse=True)


def test_what_cannot_be_asked_is_refused_by_name(stores: Stores) -> None:
    _, analytics = stores
    for ask, name in (
        (lambda: analytics.by(Question(), ["state"]), "state"),
        (lambda: analytics.series(Question(), "minute", "UTC"), "interval"),
        (lambda: analytics.series(Question(), "day", "Mars/Olympus"), "timezone"),
        (lambda: analytics.series(Question(), "day", "../etc/passwd"), "timezone"),
        (lambda: analytics.places(Question(), "last", ["status"]), "status"),
        (lambda: analytics.values("campaign_id"), "campaign_id"),
    ):
        with pytest.raises(errors.Invalid) as refusal:
            ask()
        assert refusal.value.fields.keys() == {name}
