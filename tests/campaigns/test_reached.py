"""However often the reading of a correction's audience is cut off, everybody who was reached is in it once."""

import random

import pytest

from crm.campaigns import actions, reached, repository
from crm.campaigns.entities import EXPANDING, FREEZING, Campaign
from crm.core import clock
from crm.core.transaction import Transaction
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import Delivery
from tests import factories
from tests.campaigns.audience_steps import always, found, never
from tests.campaigns.correction_steps import accept, audience, correct, freeze, mailed, over

pytestmark = pytest.mark.usefixtures("tables", "data_dir")

PEOPLE, KILLS = 40, 30


class _Killed(BaseException):
    """What nothing in the product catches."""


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reached, "STEP", 3)


def _correction(people: int, shards: int = 1) -> tuple[Campaign, Campaign, set[str]]:
    """Return a campaign that is over, its correction, and whom that is for: all but every fifth."""
    campaign, mails = mailed(people, shards)
    got = {mail.person_id for number, mail in enumerate(mails) if number % 5}
    for mail in mails:
        if mail.person_id in got:
            accept(mail)
        else:
            transitions.cancel(mail, clock.now())
    over(campaign)
    return found(campaign), correct(campaign).campaign, got


def test_killed_at_any_point_it_loses_nobody_and_has_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    _, correction, got = _correction(PEOPLE, shards=3)
    kills = _kill_at_random(monkeypatch)

    while found(correction).state == FREEZING:
        try:
            freeze(correction)
        except _Killed:
            kills.append(1)

    corrected = found(correction)
    assert len(kills) == KILLS
    assert (corrected.state, corrected.matched) == (EXPANDING, len(got))
    assert sorted(audience(corrected)) == sorted(got)


def _kill_at_random(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Kill before or after anything is read or written, until that was done often enough."""
    chance, kills = random.Random(7), list[int]()
    for owner, name in ((Transaction, "commit"), (deliveries, "states_page"), (repository, "freeze")):
        real = getattr(owner, name)

        def dangerous(*args: object, real: object = real, **given: object) -> object:
            if len(kills) < KILLS and chance.random() < 0.35:
                raise _Killed
            done: object = real(*args, **given)  # type: ignore[operator]
            if len(kills) < KILLS and chance.random() < 0.35:
                raise _Killed
            return done

        monkeypatch.setattr(owner, name, dangerous)
    return kills


def test_stopped_it_goes_on_behind_the_last_mail_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _, correction, got = _correction(10)
    assert reached.read(correction, always) is None
    answers = iter([False, False, True])
    assert reached.read(correction, lambda: next(answers)) is None
    pages = _pages(monkeypatch)

    read = reached.read(correction, never)

    assert read is not None
    assert (read.matched, pages) == (len(got), [3, 1])


def _pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many mails each page holds that is read from now on."""
    pages, real = list[int](), deliveries.states_page

    def noted(*args: object) -> tuple[list[tuple[str, str]], str]:
        page = real(*args)  # type: ignore[arg-type]
        pages.append(len(page[0]))
        return page

    monkeypatch.setattr(deliveries, "states_page", noted)
    return pages


def test_of_two_who_read_the_same_page_one_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    _, correction, got = _correction(10)
    real, others = deliveries.states_page, list[reached.Reading | None]()

    def overtaken(*args: object) -> object:
        page = real(*args)  # type: ignore[arg-type]
        monkeypatch.setattr(deliveries, "states_page", real)
        others.append(reached.read(correction, never))
        return page

    monkeypatch.setattr(deliveries, "states_page", overtaken)

    assert reached.read(correction, never) is None

    assert others[0] is not None
    assert freeze(correction)
    assert sorted(audience(found(correction))) == sorted(got)


def test_mails_tried_again_meanwhile_are_waited_for_and_then_read_too() -> None:
    campaign, correction, mails = _failed_in_part()
    answers = iter([False, True])
    assert reached.read(correction, lambda: next(answers)) is None

    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    assert not freeze(correction)

    _arrive_at_last(campaign, mails[0])
    assert freeze(correction)
    assert sorted(audience(found(correction))) == sorted(mail.person_id for mail in mails)


def test_what_is_read_while_mails_are_tried_again_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, correction, mails = _failed_in_part()
    real = deliveries.states_page

    def raced(*args: object) -> object:
        page = real(*args)  # type: ignore[arg-type]
        monkeypatch.setattr(deliveries, "states_page", real)
        actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
        return page

    monkeypatch.setattr(deliveries, "states_page", raced)

    assert not freeze(correction)

    _arrive_at_last(campaign, mails[0])
    assert freeze(correction)
    assert sorted(audience(found(correction))) == sorted(mail.person_id for mail in mails)


def _failed_in_part() -> tuple[Campaign, Campaign, list[Delivery]]:
    """Return a campaign that is over, its correction, and its mails, of which the first failed."""
    campaign, mails = mailed(4)
    for mail in mails[1:]:
        accept(mail)
    claimed = transitions.claim(mails[0], claim_id="c", email=mails[0].email, now=clock.now())
    assert claimed is not None
    assert transitions.fail(claimed, "refused", clock.now())
    over(campaign)
    return campaign, correct(campaign).campaign, mails


def _arrive_at_last(campaign: Campaign, mail: Delivery) -> None:
    """Try a failed mail of a campaign again, and end it."""
    assert transitions.retry(_now(mail), clock.now())
    accept(_now(mail))
    assert repository.end_retrying(found(campaign), clock.now())
    over(campaign)


def _now(mail: Delivery) -> Delivery:
    read = deliveries.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert read is not None
    return read
