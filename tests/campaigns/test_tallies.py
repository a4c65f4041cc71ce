"""A tally adds mails up: states, reasons, outcomes, calls, duplicates, and since when one is open."""

from dataclasses import replace
from datetime import timedelta

from crm.campaigns import tallies
from crm.campaigns.tallies import Tally
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
