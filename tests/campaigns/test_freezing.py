"""An audience is frozen once, from a read model that is new enough."""

from datetime import timedelta
from typing import Any

import pytest

from crm.campaigns import audiences, freezing, repository
from crm.campaigns.entities import EXPANDING, FREEZING
from crm.core import errors
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import always, found, frozen, never, started

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_frozen_audience_is_whom_the_filter_matches() -> None:
    wanted = {factories.person(company="TechCorp").id for _ in range(3)}
    factories.person(company="Other")

    campaign = frozen(started(filters.from_query({"company": "TechCorp"})), shards=4)

    assert (campaign.state, campaign.matched, campaign.chunks, campaign.shards) == (EXPANDING, 3, 1, 4)
    assert set(audiences.chunk(campaign.id, campaign.freeze_id, 0)) == wanted


def test_second_freeze_changes_nothing_and_leaves_nothing() -> None:
    factories.person()
    begun = started()
    first = frozen(begun)
    factories.person()

    assert not freezing.freeze(begun, shards=lambda _: 9, stop=never)

    assert found(begun) == first
    assert len(list(audiences.ChunkItem.scan())) == 1


def test_freeze_whose_answer_was_lost_keeps_its_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.person()
    freeze = repository.freeze
    monkeypatch.setattr(repository, "freeze", lambda *args, **given: freeze(*args, **given) and False)

    campaign = frozen(started())

    assert len(audiences.chunk(campaign.id, campaign.freeze_id, 0)) == 1


def test_audience_named_by_a_lost_answer_outlives_the_failure_that_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.person()
    begun, freeze = started(), repository.freeze

    def lost(*args: Any, **given: Any) -> bool:
        freeze(*args, **given)
        raise errors.Busy

    monkeypatch.setattr(repository, "freeze", lost)
    with pytest.raises(errors.Busy):
        freezing.freeze(begun, shards=lambda _: 1, stop=never)

    campaign = found(begun)
    assert campaign.state == EXPANDING
    assert len(audiences.chunk(campaign.id, campaign.freeze_id, 0)) == 1


@pytest.mark.parametrize("behind", [None, timedelta(seconds=1)])
def test_read_model_older_than_the_campaign_freezes_nobody(behind: timedelta | None) -> None:
    factories.person()
    campaign = started()
    engine.store().note_freshness(None if behind is None else campaign.created_at - behind)

    assert not freezing.freeze(campaign, shards=lambda _: 1, stop=never)
    assert found(campaign).state == FREEZING

    engine.store().note_freshness(campaign.created_at)
    assert frozen(campaign).matched == 1


def test_read_model_replaced_before_the_freeze_freezes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, names = started(), iter(["one", "another"])
    monkeypatch.setattr(engine.store(), "generation", lambda: next(names))

    assert not freezing.freeze(campaign, shards=lambda _: 1, stop=never)
    assert found(campaign).state == FREEZING


def test_stopped_freeze_starts_over() -> None:
    factories.person()
    campaign = started()

    assert not freezing.freeze(campaign, shards=lambda _: 1, stop=always)

    assert found(campaign).state == FREEZING
    assert list(audiences.ChunkItem.scan()) == []
    assert freezing.freeze(campaign, shards=lambda _: 1, stop=never)
