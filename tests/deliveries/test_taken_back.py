"""What a mail that was called for before becomes where it is not to be sent any more."""

import pytest

from crm.core.transaction import begin
from crm.deliveries import repository, transitions
from crm.deliveries.entities import CANCELLED, FAILED, HELD, Delivery
from tests.deliveries.test_transitions import MOVES, NOW, STATES, WAITED

pytestmark = pytest.mark.usefixtures("tables")


def _read(mail: Delivery) -> Delivery:
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found


def _at_risk() -> Delivery:
    mail = STATES[HELD]()
    assert transitions.resend(mail, WAITED)
    return _read(mail)


@pytest.mark.parametrize("name", ["skip", "cancel"])
def test_mail_that_may_have_arrived_is_held_again_where_it_is_not_to_be_sent_any_more(name: str) -> None:
    mail = _at_risk()

    assert MOVES[name][0](mail)

    after = _read(mail)
    assert (after.state, after.duplicate_risk, after.due_at) == (HELD, True, None)
    assert after.reason == {"skip": "suppressed", "cancel": "lease_over"}[name]


def test_confirmation_that_may_have_arrived_is_held_where_its_registration_is_cancelled() -> None:
    mail = _at_risk()
    tx = begin()

    repository.withdraw(tx, mail, WAITED)
    tx.commit()

    assert _read(mail).state == HELD


def test_failed_mail_that_is_tried_again_and_cancelled_keeps_its_reason() -> None:
    mail = STATES[FAILED]()
    assert transitions.retry(mail, NOW)
    assert transitions.cancel(_read(mail), NOW)

    assert (_read(mail).state, _read(mail).reason) == (CANCELLED, "no such domain")
