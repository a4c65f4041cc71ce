"""Every adapter lists events, registrations, deliveries and campaigns alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crm.core import errors
from crm.core.touches import Touch
from crm.search.store import RebuildableStore
from tests.search import documents
from tests.search.documents import NOON, campaign, delivery, engagement, event, mail_links, registration, suppression
from tests.search.population import people

HOUR = timedelta(hours=1)


def test_events_are_found_by_words_status_and_start(store: RebuildableStore) -> None:
    early = event("a", title="Tech Conference 2025", start_at=NOON - HOUR)
    late = event("b", title="Dinner", venue="Conference Hall", start_at=NOON + HOUR, status="draft")
    gone = event("c", title="Conference", deleted=True)
    store.apply([early, late, gone])
    assert store.events().items == [late, early]
    assert store.events(text="conf").items == [late, early]
    assert store.events(text="conf tech").items == [early]
    assert store.events(text="!").items == []
    assert store.events(status="draft").items == [late]
    assert store.events(starts_from=NOON - HOUR, starts_before=NOON + HOUR).items == [early]
    assert store.events_by_id(["a", "c", "x"]) == {"a": early}


def test_events_without_a_limit_sort_last_by_capacity_both_ways(store: RebuildableStore) -> None:
    small, large, endless = event("a", capacity=1), event("b", capacity=2), event("c", capacity=None)
    store.apply([small, large, endless])
    assert store.events(sort="capacity").items == [small, large, endless]
    assert store.events(sort="-capacity").items == [large, small, endless]
    first = store.events(sort="-capacity", limit=2)
    assert store.events(sort="-capacity", limit=2, cursor=first.next).items == [endless]


def test_registrations_are_found_by_event_person_status_presence_and_name(store: RebuildableStore) -> None:
    someone, other = people(2)
    here = registration("e", someone.id, checked_in_at=NOON, created_at=NOON - HOUR)
    away = registration("e", other.id, status="waitlisted", waitlisted_at=NOON)
    elsewhere = registration("f", someone.id, created_at=NOON + HOUR)
    store.apply([someone, other, here, away, elsewhere])
    assert store.registrations(event_id="e").items == [away, here]
    assert store.registrations(person_id=someone.id).items == [elsewhere, here]
    assert store.registrations(status="waitlisted").items == [away]
    assert store.registrations(event_id="e", checked_in=True).items == [here]
    assert store.registrations(event_id="e", checked_in=False).items == [away]
    assert store.registrations(event_id="e", text=someone.email).items == [here]
    assert store.registrations(event_id="e", text=someone.company or "techcorp").items == []
    assert store.registrations(sort="waitlistedAt").items == [away, here, elsewhere]


def test_a_registration_comes_back_with_its_touches(store: RebuildableStore) -> None:
    first = Touch("news", "email", "x", "c", NOON - HOUR)
    came = registration("e", "p", first_touch=first, last_touch=Touch("ad", "", "", "", NOON))
    store.apply([came])
    assert store.registrations(event_id="e").items == [came]


def test_deliveries_are_found_by_every_part_of_a_question(store: RebuildableStore) -> None:
    utm = {"utm_source": "news", "utm_medium": "email", "utm_campaign": "x"}
    sent = delivery("c/p/mail", outcome="bounced", **utm)
    left_out = delivery("c/q/mail", state="skipped", reason="suppressed", created_at=NOON + HOUR, person_id="q")
    ticket = delivery(
        "e/p/confirmation#1",
        kind="confirmation",
        campaign_id=None,
        event_id="e",
        state_at=NOON + HOUR,
        created_at=NOON - HOUR,
    )
    store.apply([sent, left_out, ticket])
    assert store.deliveries().items == [left_out, sent, ticket]
    assert store.deliveries(campaign_id="c").items == [left_out, sent]
    assert store.deliveries(campaign_id="").items == [ticket]
    assert store.deliveries(queued=True).items == [sent, ticket]
    assert store.deliveries(event_id="e").items == [ticket]
    assert store.deliveries(person_id="p").items == [sent, ticket]
    assert store.deliveries(state="skipped", reason="suppressed").items == [left_out]
    assert store.deliveries(campaign_id="c", outcome="bounced").items == [sent]
    assert store.deliveries(outcome="").items == [left_out, ticket]
    assert store.deliveries(utm=utm).items == [sent]
    assert store.deliveries(utm={"utm_source": ""}).items == [left_out, ticket]
    assert store.deliveries(entered_from=NOON + HOUR).items == [ticket]
    assert store.deliveries(entered_before=NOON + HOUR).items == [left_out, sent]
    with pytest.raises(errors.Invalid):
        store.deliveries(utm={"utm_term": "x"})


def test_mails_of_a_campaign_are_listed_by_what_was_done_with_them(store: RebuildableStore) -> None:
    mails = [documents.delivery(f"c/{name}/mail", person_id=name) for name in ("a", "b", "d")]
    elsewhere = documents.delivery("c1/a/mail", campaign_id="c1")
    done = [
        engagement("c/a/mail", "1", kind="click"),
        engagement("c/a/mail", "2", kind="open"),
        engagement("c/b/mail", "3", kind="click", verdict="machine"),
        engagement("c1/a/mail", "4", kind="click", campaign_id="c1"),
    ]
    store.apply([*mails, elsewhere, *done])
    clicked = store.deliveries(campaign_id="c", engaged="click")
    assert {row.id for row in clicked.items} == {"c/a/mail", "c/b/mail"}
    assert clicked.total == 2
    by_hand = store.deliveries(campaign_id="c", engaged="click", by_human=True)
    assert [row.id for row in by_hand.items] == ["c/a/mail"]
    assert store.deliveries(campaign_id="c", engaged="unsubscribe").items == []


def test_mails_are_found_by_their_peoples_names_and_addresses(store: RebuildableStore) -> None:
    one, other = people(2)
    ann = replace(one, id="p1", first_name="Ann", last_name="Lee", email="ann@example.com")
    bob = replace(other, id="p2", first_name="Bob", last_name="Anders", email="bob@example.org")
    mails = [documents.delivery(f"c/{name}/mail", person_id=name) for name in ("p1", "p2", "gone")]
    store.apply([ann, bob, *mails])

    def found(text: str, **wanted: str) -> set[str]:
        page = store.deliveries(campaign_id="c", text=text, **wanted)  # type: ignore[arg-type]
        assert page.total == len(page.items)
        return {row.person_id for row in page.items}

    assert found("an") == {"p1", "p2"}
    assert found("lee ann") == {"p1"}
    assert found("example.org") == {"p2"}
    assert found("bob", state="failed") == set()
    assert found("???") == set()
    assert found(" ") == {"p1", "p2", "gone"}


def test_campaigns_are_listed_newest_first_and_found_by_name_or_subject(store: RebuildableStore) -> None:
    old, new = campaign("spring", created_at=NOON - HOUR), campaign("autumn", subject="Spring again", state="sending")
    store.apply([old, new])
    assert store.campaigns().items == [new, old]
    assert store.campaigns(text="spri").items == [new, old]
    assert store.campaigns(text="autumn").items == [new]
    assert store.campaigns(state="sent").items == [old]
    assert store.campaigns_by_id(["spring"]) == {"spring": old}


def test_every_list_pages_to_its_end_without_a_gap(store: RebuildableStore) -> None:
    rows = [documents.delivery(f"c/{n}/mail", created_at=NOON + HOUR * (n // 3)) for n in range(10)]
    store.apply(rows)
    seen, cursor = [], None
    while True:
        page = store.deliveries(limit=4, cursor=cursor)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert page.total == 10
    assert [row.id for row in seen] == [
        row.id for row in sorted(rows, key=lambda r: (r.created_at, r.id), reverse=True)
    ]


def test_a_cursor_of_one_list_is_refused_by_another(store: RebuildableStore) -> None:
    store.apply([documents.delivery(f"c/{n}/mail") for n in range(2)])
    cursor = store.deliveries(limit=1).next
    with pytest.raises(errors.Invalid):
        store.campaigns(limit=1, cursor=cursor)


def test_suppressions_are_found_by_address_and_reason(store: RebuildableStore) -> None:
    first = suppression("ada@example.com")
    second = suppression("bob@example.com", reason="asked by phone", created_at=NOON + HOUR)
    lifted = suppression("eve@example.com", deleted=True)
    store.apply([first, second, lifted])
    assert store.suppressions().items == [second, first]
    assert store.suppressions(text="ada").items == [first]
    assert store.suppressions(text="phone").items == [second]
    assert store.suppressions(sort="email").items == [first, second]


def test_a_campaigns_links_are_those_of_its_latest_revision(store: RebuildableStore) -> None:
    store.apply([mail_links("c", 2, "https://b"), mail_links("c", 1, "https://a"), mail_links("d", 1), mail_links("e")])
    store.apply([mail_links("e", version=2, deleted=True)])
    assert store.mail_links(["c", "d", "e", "x"]) == {"c": ("https://b",), "d": ()}
    assert store.mail_links([]) == {}


def test_mails_are_found_by_the_link_that_was_clicked_in_them(store: RebuildableStore) -> None:
    first, second = delivery("c/p/mail"), delivery("c/q/mail", person_id="q", created_at=NOON + HOUR)
    store.apply([first, second])
    clicks = [
        engagement(first.id, "1", kind="click", link=1),
        engagement(first.id, "2", kind="click", link=2, verdict="machine"),
        engagement(second.id, "1", kind="click", link=2),
        engagement(second.id, "2", kind="open"),
    ]
    store.apply(clicks)
    for campaign_id in ("c", None):
        assert store.deliveries(campaign_id=campaign_id, link=2).items == [second, first]
        assert store.deliveries(campaign_id=campaign_id, link=2, by_human=True).items == [second]
        assert store.deliveries(campaign_id=campaign_id, link=1, by_human=True).items == [first]
        assert store.deliveries(campaign_id=campaign_id, link=0).items == []
    store.apply([replace(clicks[2], version=2, verdict="machine"), replace(clicks[0], version=2, deleted=True)])
    assert store.deliveries(link=2, by_human=True).items == store.deliveries(link=1).items == []


def test_clicks_are_those_of_the_mails_asked_for_newest_first(store: RebuildableStore) -> None:
    mails = [
        delivery("c/p/mail", utm_source="news"),
        delivery("c/q/mail", person_id="q", state_at=NOON + HOUR),
        delivery("e/p/confirmation#1", kind="confirmation", campaign_id=None, event_id="e"),
    ]
    clicks = [
        engagement("c/p/mail", "1", kind="click", link=1, at=NOON + 2 * HOUR),
        engagement("c/q/mail", "2", kind="click", link=2, at=NOON + HOUR, person_id="q"),
        engagement("e/p/confirmation#1", "3", kind="click", campaign_id=None, verdict="machine", why="agent"),
    ]
    opened, of_no_mail = engagement("c/p/mail", "4"), engagement("c/x/mail", "5", kind="click", person_id="x")
    store.apply([*clicks, opened, of_no_mail, *mails])
    assert store.clicks().items == clicks
    assert store.clicks(by_human=True).items == clicks[:2]
    assert store.clicks(campaign_id="c").items == clicks[:2]
    assert store.clicks(campaign_id="").items == [clicks[2]]
    assert store.clicks(link=2).items == [clicks[1]]
    assert store.clicks(utm={"utm_source": "news"}).items == [clicks[0]]
    assert store.clicks(utm={"utm_source": ""}).items == clicks[1:]
    assert store.clicks(entered_from=NOON + HOUR).items == [clicks[1]]
    assert store.clicks(entered_before=NOON + HOUR).items == [clicks[0], clicks[2]]
    with pytest.raises(errors.Invalid):
        store.clicks(utm={"utm_term": "x"})


def test_a_click_is_listed_where_its_mail_is_by_now_and_no_longer_than_that(store: RebuildableStore) -> None:
    first, second = delivery("c/p/mail"), delivery("c/q/mail", person_id="q")
    clicks = [engagement(row.id, str(n), kind="click", link=n) for n, row in enumerate((first, second), 1)]
    store.apply([first, second, *clicks])
    assert store.clicks().total == 2
    judged = replace(clicks[0], version=2, verdict="machine")
    moved = replace(second, version=2, state_at=NOON + HOUR, utm_source="news")
    store.apply([judged, moved])
    assert store.clicks(by_human=True, utm={"utm_source": "news"}, entered_from=NOON + HOUR).items == [clicks[1]]
    assert store.clicks(entered_before=NOON + HOUR).items == [judged]
    store.apply([replace(judged, version=3, deleted=True), replace(moved, version=3, deleted=True)])
    page = store.clicks()
    assert (page.items, page.total) == ([], 0)
