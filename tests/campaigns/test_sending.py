"""Sending a campaign is one transaction; everybody it matched is accounted for at every moment after."""

import pytest

from crm.audit import repository as audit
from crm.campaigns import actions, queries, repository
from crm.campaigns.entities import FREEZING
from crm.core import errors
from crm.core.utm import Utm
from crm.search import filters
from tests import factories

pytestmark = pytest.mark.usefixtures("tables", "data_dir")

UTM = Utm("newsletter", "email", "tech_conf_2025")
AT_TECHCORP = filters.from_query({"company": "TechCorp"})


def _send(**given: object) -> actions.Started:
    values = {"where": AT_TECHCORP, "subject": "Join us", "body": "Come!", "utm": UTM, "actor": factories.ACTOR}
    return actions.send(**{**values, **given})  # type: ignore[arg-type]


def test_campaign_begins_with_its_audience_still_to_be_frozen() -> None:
    started = _send(name="  Early seats ")

    report = queries.get(started.campaign.id)
    assert (report.state, report.matched, report.queued, report.excluded) == (FREEZING, None, 0, {})
    assert sum(report.deliveries.values()) == 0
    assert (report.campaign.name, report.body, report.campaign.utm) == ("Early seats", "Come!", UTM)
    assert report.campaign.where == AT_TECHCORP


def test_campaign_is_open_until_it_is_final() -> None:
    started = _send()

    assert list(repository.open_ids()) == [started.campaign.id]


def test_answer_counts_whom_the_filter_matches_now() -> None:
    factories.person(company="TechCorp")
    factories.person(company="techcorp")
    factories.person(company="Other")

    assert _send().matched == 2


def test_starting_a_campaign_is_on_record() -> None:
    started = _send()

    (entry,) = audit.history("campaign", started.campaign.id)
    assert (entry.action, entry.actor, entry.after["subject"]) == ("started", factories.ACTOR, "Join us")


def test_campaign_without_a_name_is_called_by_its_subject() -> None:
    assert _send().campaign.name == "Join us"


def test_author_sees_the_campaign_in_the_next_list() -> None:
    started = _send()

    assert [row.id for row in queries.page().items] == [started.campaign.id]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "a\nBcc: b@example.com"}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"body": " \n"}, "body"),
        ({"body": "x" * 100_001}, "body"),
        ({"body": "🎉" * 90_000}, "body"),
        ({"body": "a\x00"}, "body"),
        ({"name": "x" * 201}, "name"),
        ({"utm": Utm(source="x" * 101)}, "utm_source"),
        ({"utm": Utm(medium="a\tb")}, "utm_medium"),
        ({"utm": Utm(campaign="a\x7f")}, "utm_campaign"),
    ],
)
def test_mail_that_breaks_a_rule_is_refused_by_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        _send(**given)

    assert list(refused.value.fields) == [field]
    assert list(repository.open_ids()) == []


def test_unknown_campaign_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        queries.get("nope")
    with pytest.raises(errors.NotFound):
        queries.deliveries("nope")
