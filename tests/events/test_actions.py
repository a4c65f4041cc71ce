"""Rules of events."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crm.core import errors
from crm.events import actions, queries, repository
from crm.people import queries as people
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_slug_is_made_from_the_title() -> None:
    assert factories.event(title="Tech Conference 2025").fields.slug == "tech-conference-2025"


def test_title_used_twice_gets_another_slug() -> None:
    slugs = {factories.event(title="Meetup").fields.slug for _ in range(7)}
    assert len(slugs) == 7


@pytest.mark.parametrize("title", ["東京の夜", "Вечер", "🎉🎉", "---"])
def test_title_of_any_script_gets_a_slug(title: str) -> None:
    assert factories.event(title=title).fields.slug


def test_slug_asked_for_twice_is_a_conflict() -> None:
    factories.event(slug="summit")
    with pytest.raises(errors.Conflict) as caught:
        factories.event(slug="Summit")
    assert caught.value.field == "slug"


def test_old_slug_redirects_until_another_event_takes_it_over() -> None:
    event = factories.event(slug="old")
    actions.patch(event_id=event.id, values={"slug": "new"}, actor=ACTOR)
    assert repository.id_by_slug("old") == event.id

    other = factories.event(slug="old")

    assert repository.id_by_slug("old") == other.id


def test_event_may_take_its_own_old_slug_back() -> None:
    event = factories.event(slug="old")
    actions.patch(event_id=event.id, values={"slug": "new"}, actor=ACTOR)
    actions.patch(event_id=event.id, values={"slug": "old"}, actor=ACTOR)

    assert queries.get(event.id).fields.slug == "old"
    with pytest.raises(errors.Conflict):
        factories.event(slug="old")


def test_deleting_an_event_frees_its_slug() -> None:
    event = factories.event(slug="summit")
    actions.delete(event_id=event.id, actor=ACTOR)
    assert factories.event(slug="summit").fields.slug == "summit"


def test_end_must_come_after_start() -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    with pytest.raises(errors.Invalid) as caught:
        factories.event(start_at=start, end_at=start)
    assert list(caught.value.fields) == ["endAt"]


def test_times_are_kept_in_utc_whatever_their_offset() -> None:
    tokyo = timezone(timedelta(hours=9))
    event = factories.event(
        start_at=datetime(2030, 1, 1, 9, tzinfo=tokyo), end_at=datetime(2030, 1, 1, 12, tzinfo=tokyo)
    )
    assert queries.get(event.id).fields.start_at == datetime(2030, 1, 1, 0, tzinfo=UTC)


def test_owner_and_hosts_must_be_people() -> None:
    with pytest.raises(errors.Invalid) as owner:
        factories.event(owner="nobody")
    with pytest.raises(errors.Invalid) as hosts:
        factories.event(hosts=("nobody",))
    assert (list(owner.value.fields), list(hosts.value.fields)) == (["owner"], ["hosts"])


def test_refused_event_leaves_no_slug_and_no_counter() -> None:
    owner = factories.person()
    with pytest.raises(errors.Invalid):
        factories.event(slug="summit", owner=owner.id, hosts=("nobody",))

    assert repository.id_by_slug("summit") is None
    assert people.get(owner.id).owned == 0


def test_edit_of_an_older_version_is_a_conflict() -> None:
    event = factories.event()
    actions.patch(event_id=event.id, values={"venue": "Hall 1"}, revision=1, actor=ACTOR)
    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        actions.patch(event_id=event.id, values={"venue": "Hall 2"}, revision=1, actor=ACTOR)


def test_new_owner_takes_over_from_the_old_one() -> None:
    old, new = factories.person(), factories.person()
    event = factories.event(owner=old.id)

    actions.patch(event_id=event.id, values={"owner": new.id}, actor=ACTOR)

    assert (people.get(old.id).owned, people.get(old.id).events_hosted) == (0, 0)
    assert (people.get(new.id).owned, people.get(new.id).events_hosted) == (1, 1)


def test_forty_hosts_are_taken_and_one_more_is_refused() -> None:
    crowd = tuple(factories.person().id for _ in range(41))
    assert len(factories.event(hosts=crowd[:40]).fields.hosts) == 40
    with pytest.raises(errors.Invalid) as caught:
        factories.event(hosts=crowd)
    assert list(caught.value.fields) == ["hosts"]


def test_event_whose_slug_was_cut_can_still_be_edited() -> None:
    event = factories.event(title="a" * 179 + "_" + "b" * 10)
    assert actions.patch(event_id=event.id, values={"venue": "Hall"}, actor=ACTOR).fields.venue == "Hall"


def test_events_of_one_longest_title_can_all_be_edited() -> None:
    for event in [factories.event(title="a" * 200) for _ in range(7)]:
        assert actions.patch(event_id=event.id, values={"venue": "Hall"}, actor=ACTOR).fields.venue == "Hall"
