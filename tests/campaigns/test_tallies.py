"""A tally adds mails up: states, reasons, outcomes, calls, duplicates, and since when one is open."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from crm.campaigns import tallies
from crm.campaigns.tallies import OTHERS, REASONS, Tally, Wait
from crm.core import clock
from tests.deliveries import examples


def test_tally_knows_calls_reasons_outcomes_duplicates_and_since_when_mail_is_open() -> None:
    now = clock.now()
    mail = replace(examples.mail("p1"), state_at=now)
    tally = Tally()

    tally.count(
        [
            replace(mail, state="sent", attempt=3, returned=1, outcome="bounced"),
            replace(mail, person_id="p2", state="sent", attempt=1, other_message_ids=("m2",)),
            replace(mail, person_id="p3", state="skipped", reason="suppressed"),
            replace(mail, person_id="p4", state="unknown", attempt=1, state_at=now - timedelta(hours=1)),
        ]
    )

    assert (tally.states, tally.reasons, tally.outcomes) == (
        {"sent": 2, "skipped": 1, "unknown": 1},
        {"suppressed": 1},
        {"bounced": 1},
    )
    assert (tally.calls, tally.duplicated, tally.duplicates) == (4, 1, ["c1/p2/mail"])
    assert (tally.open_since, tally.is_final, tally.total) == (now - timedelta(hours=1), False, 4)
    assert tallies.from_json(tally.to_json()) == tally
    both = Tally()
    both.add(tally)
    both.add(tally)
    assert (both.total, both.calls, both.duplicated) == (8, 8, 2)


def test_only_the_first_duplicates_are_named() -> None:
    mail = replace(examples.mail("p"), state="sent", other_message_ids=("m",))
    tally = Tally()

    tally.count([mail] * (tallies.NAMED + 5))

    assert (tally.duplicated, len(tally.duplicates)) == (tallies.NAMED + 5, tallies.NAMED)


def test_what_is_not_settled_is_told_apart_by_state_and_reason() -> None:
    now = clock.now()
    mail = replace(examples.mail("p"), state_at=now, due_at=now)
    early, late = now - timedelta(hours=1), now + timedelta(minutes=5)
    tally = Tally()

    tally.count(
        [
            mail,
            replace(mail, reason="throttled", state_at=early),
            replace(mail, reason="throttled", due_at=late),
            replace(mail, state="held", reason="timeout", due_at=None),
            replace(mail, state="sent", due_at=None),
        ]
    )

    assert tally.waits == {
        ("pending", ""): Wait(1, now, now),
        ("pending", "throttled"): Wait(2, early, late),
        ("held", "timeout"): Wait(1, now, None),
    }
    assert tallies.from_json(tally.to_json()) == tally
    both = Tally()
    both.add(tally)
    both.add(tally)
    assert both.waits["pending", "throttled"] == Wait(4, early, late)
    assert tally.waits["pending", "throttled"] == Wait(2, early, late)


def test_any_number_of_reasons_takes_bounded_room_and_loses_no_mail() -> None:
    mail = examples.mail("p")
    tally, other = Tally(), Tally()

    tally.count(replace(mail, reason=f"r{number}") for number in range(REASONS + 7))
    other.count([replace(mail, reason="another"), replace(mail, reason="")])
    tally.add(other)

    assert len(tally.waits) == REASONS + 2
    assert tally.waits["pending", OTHERS].mails == 8
    assert tally.waits["pending", ""].mails == 1


def test_tally_of_an_earlier_release_is_read_without_reasons() -> None:
    stored: dict[str, Any] = Tally().to_json()
    del stored["waits"]
    assert tallies.from_json(stored).waits == {}
