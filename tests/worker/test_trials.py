"""A test goes through the outbox to the address asked for, and counts for nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm.analytics import engine as analytics
from crm.analytics.store import Question
from crm.audit import repository as audit
from crm.campaigns import actions, layouts, repository
from crm.campaigns.entities import Mail
from crm.campaigns.tables import TEST_SK, LayoutItem, TestItem, campaign_pk, layout_sk
from crm.core import clock, dynamo, errors
from crm.core.utm import NO_UTM
from crm.deliveries import merge
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import PENDING, SENT, Delivery
from crm.search import engine
from tests import factories
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never, now, suppress
from worker import outbox
from worker.lanes import ConfirmationLane

pytestmark = pytest.mark.usefixtures("tables", "data_dir")

ME = "me@crm.example.com"


def _test(**given: object) -> Delivery:
    mail = Mail(name="", subject="Hi {{firstName|there}}", body="See https://a.example/x", utm=NO_UTM)
    values = {"mail": mail, "to": ME, "actor": factories.ACTOR}
    return actions.send_test(**{**values, **given})  # type: ignore[arg-type]


def _drained(test: Delivery, pool: ThreadPoolExecutor) -> Delivery:
    outbox.drain(ConfirmationLane(), test.due_shard, pool, never)
    return now(test)


def test_test_shows_somebodys_fields_to_whoever_asked(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person(first_name="Ada")

    test = _drained(_test(person_id=person.id), pool)

    assert (test.state, endpoint.addresses) == (SENT, [ME])
    assert endpoint.messages[0]["Subject"] == "Hi Ada"
    assert person.id not in endpoint.messages[0].as_string()


def test_test_without_a_person_shows_a_sample(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    _drained(_test(), pool)

    assert endpoint.messages[0]["Subject"] == "Hi Sam"


def test_test_reaches_staff_whatever_they_unsubscribed_from(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    suppress(ME)

    assert _drained(_test(), pool).state == SENT


def test_links_of_a_test_lead_where_the_mail_says(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    test = _test()

    assert layouts.destination(test.source, 1) == "https://a.example/x"
    with pytest.raises(errors.NotFound):
        layouts.destination(test.source, 2)


def test_test_is_no_campaign(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    test = _drained(_test(), pool)

    assert repository.find(test.source) is None
    assert list(repository.open_ids()) == []
    assert engine.store().deliveries().total == 0
    assert analytics.store().summary(Question()) == {}
    assert analytics.store().campaign_states(test.source) == ({}, {})
    assert deliveries.lane_of(test) == "tx"


def test_test_is_on_record() -> None:
    test = _test()

    (entry,) = audit.history("campaign", test.source)
    assert (entry.action, entry.actor, entry.after["to"]) == ("tested", factories.ACTOR, ME)


def test_what_is_wrong_with_a_test_is_named() -> None:
    with pytest.raises(errors.Invalid) as refused:
        _test(to="nobody")
    assert list(refused.value.fields) == ["to"]
    with pytest.raises(errors.Invalid) as refused:
        _test(mail=Mail(name="", subject="", body="x", utm=NO_UTM))
    assert list(refused.value.fields) == ["subject"]
    with pytest.raises(errors.NotFound):
        _test(person_id="nope")


def test_test_with_a_hole_is_refused_and_a_sample_has_none() -> None:
    every_field = " ".join(f"{{{{ {name} }}}}" for name in merge.FIELDS)
    mail = Mail(name="", subject=every_field, body=every_field, utm=NO_UTM)
    nobody_known = factories.person(first_name="Ada", last_name="A", company="")

    with pytest.raises(errors.Invalid) as refused:
        _test(mail=mail, person_id=nobody_known.id)

    assert list(refused.value.fields) == ["subject", "body"]
    assert _test(mail=mail).email == ME


def test_test_that_no_longer_fits_holds_up_no_confirmation(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    good, bad = _test(), _test()
    item = dynamo.get(TestItem, campaign_pk(bad.source), TEST_SK)
    assert item is not None
    item.sample = {**item.sample, "shoe_size": "44"}
    item.save()

    for test in (bad, good):
        _drained(test, pool)

    assert (now(good).state, now(bad).state) == (SENT, PENDING)
    assert now(bad).reason == outbox.UNWRITABLE


def test_test_and_its_layout_expire() -> None:
    pk = campaign_pk(_test().source)

    for item in (dynamo.get(TestItem, pk, TEST_SK), dynamo.get(LayoutItem, pk, layout_sk(1))):
        assert item is not None
        assert item.expires_at is not None
        assert item.expires_at > clock.now() + timedelta(days=29)
