"""What may be asked, how it is refused, and how it reads."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import QueryDict

from crm.core import errors
from crm.search import filters
from crm.search.filters import EVERYONE, And, Condition, Filter, Not, Or, Period

ATTENDED = {"field": "eventsAttended", "op": "at_least", "value": 2}
SAMPLE = {"company": "TechCorp", "city": "New York", "events_attended_min": "1", "events_hosted_min": "0"}


def refused(given: Any) -> dict[str, str]:
    with pytest.raises(errors.Invalid) as refusal:
        filters.from_json(given)
    return refusal.value.fields


def test_the_sample_request_is_four_conditions() -> None:
    assert filters.from_query(SAMPLE) == And(
        (
            Condition("company", "is", ("TechCorp",)),
            Condition("city", "is", ("New York",)),
            Condition("events_attended", "at_least", (1,)),
            Condition("events_hosted", "at_least", (0,)),
        )
    )


@pytest.mark.parametrize(
    ("snake", "camel"),
    [("job_title", "jobTitle"), ("events_attended_min", "eventsAttendedMin"), ("created_from", "createdFrom")],
)
def test_parameters_are_taken_in_both_spellings(snake: str, camel: str) -> None:
    value = "2025-01-01" if "created" in snake else "7"
    assert filters.from_query({snake: value}) == filters.from_query({camel: value})


def test_a_parameter_in_both_spellings_at_once_is_refused() -> None:
    assert refused({"job_title": "a", "jobTitle": "b"}) == {"jobTitle": "Given twice."}


def test_empty_values_ask_for_nothing() -> None:
    assert filters.from_query({"company": "", "q": "  ", "events_attended_min": "", "tags": []}) == EVERYONE


def test_a_repeated_parameter_means_any_of_its_values() -> None:
    wanted = Condition("city", "one_of", ("Rome", "Paris"))
    assert filters.from_query(QueryDict("city=Rome&city=Paris")) == wanted
    assert filters.from_json({"city": ["Rome", "Paris"]}) == wanted


def test_a_number_given_twice_is_refused() -> None:
    assert refused({"events_attended_min": ["1", "2"]}).keys() == {"events_attended_min"}


def test_every_bad_parameter_is_named_at_once() -> None:
    given = {"nonsense": "1", "events_attended_min": "many", "company": "a\x00b", "unsubscribed": "perhaps"}
    assert refused(given).keys() == given.keys()


@pytest.mark.parametrize(
    "given",
    [
        {"events_attended_min": "-1"},
        {"events_attended_min": "1e3"},
        {"events_attended_min": True},
        {"events_attended_min": 1.5},
        {"events_attended_min": 10**10},
        {"events_attended_min": "9" * 5000},
        {"company": "x" * 201},
        {"company": 5},
        {"company": {"is": "x"}},
        {"company": "\ud800"},
        {"created_from": "yesterday"},
        {"created_from": "2025-01-01T10:00:00"},
        {"created_from": "0001-01-01T00:00:00+10:00"},
        {"filter": "{"},
        {"filter": "[" * 10_000},
        {"filter": '{"field": "company", "op": "is", "value": "x", "why": 1}'},
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(given: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid):
        filters.from_query(given)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"and": {}}, "and"),
        ({"and": [], "or": []}, "filter"),
        ({"not": [1]}, "filter"),
        ({"field": "secret", "op": "is", "value": "x"}, "secret"),
        ({"field": "company", "op": "at_least", "value": 1}, "company"),
        ({"field": "company", "op": ["is"], "value": 1}, "company"),
        ({"field": "company", "op": "is"}, "company"),
        ({"field": "company", "op": "is", "values": "TechCorp"}, "company"),
        ({"field": "company", "op": "one_of", "values": []}, "company"),
        ({"field": "company", "op": "empty", "value": "x"}, "company"),
        ({"field": "eventsAttended", "op": "between", "values": [1]}, "eventsAttended"),
        ({"op": "is"}, "field"),
        ("everyone", "filter"),
        ({"and": [{"field": "company", "op": "is", "value": "x"}] * 201}, "filter"),
        (ATTENDED | {"field": "company", "op": "is", "value": "x", "within": {"lastDays": 3}}, "company"),
        (ATTENDED | {"within": None}, "eventsAttended"),
        (ATTENDED | {"within": {}}, "eventsAttended"),
        (ATTENDED | {"within": {"from": "2026-01-01", "lastDays": 3}}, "eventsAttended"),
        (ATTENDED | {"within": {"from": None}}, "eventsAttended"),
        (ATTENDED | {"within": {"lastDays": 0}}, "eventsAttended"),
        (ATTENDED | {"within": {"from": "2026-01-01", "before": "2026-01-01"}}, "eventsAttended"),
    ],
)
def test_a_tree_that_cannot_be_meant_is_refused_by_name(given: Any, name: str) -> None:
    assert name in refused(given)


def test_a_tree_too_deep_is_refused() -> None:
    tree: dict[str, Any] = {"field": "company", "op": "is", "value": "x"}
    for _ in range(20):
        tree = {"not": tree}
    assert refused(tree).keys() == {"filter"}


def test_times_are_read_with_any_offset_and_dates_as_midnight_utc() -> None:
    assert filters.from_query({"created_from": "2025-01-01T02:00:00+02:00"}) == filters.from_query(
        {"created_from": "2025-01-01"}
    )
    assert filters.from_query({"created_from": "2025-01-01"}) == Condition(
        "created_at", "after", (datetime(2025, 1, 1, tzinfo=UTC),)
    )


def test_what_parameters_cannot_say_travels_as_json() -> None:
    tree = Or((Condition("city", "is", ("Rome",)), Not(Condition("tags", "is", ("vip",)))))
    query = filters.to_query(tree)
    assert query.keys() == {"filter"}
    assert filters.from_query(query) == tree


def test_simple_filters_stay_simple_in_the_address() -> None:
    assert filters.to_query(filters.from_query(SAMPLE)) == SAMPLE


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Everyone"),
        (SAMPLE, "People at TechCorp in New York who attended 1 or more events and hosted 0 or more events"),
        ({"city": ["Rome", "Paris"], "unsubscribed": "true"}, "People in Rome or Paris who have unsubscribed"),
        ({"job_title": "Engineer"}, "People who have a job title that is Engineer"),
        ({"email": "a@b.c"}, "People who have an e-mail that is a@b.c"),
        ({"tags": "vip", "q": "ali"}, "People who are tagged vip and match “ali”"),
        ({"events_attended_max": "1"}, "People who attended at most 1 event"),
        ({"created_from": "2025-03-01"}, "People who were added since 1 March 2025"),
    ],
)
def test_a_filter_reads_as_plain_language(given: dict[str, Any], words: str) -> None:
    described = filters.describe(filters.from_query(given))
    assert sorted(described.replace(",", "").split()) == sorted(words.split())


def test_groups_read_with_their_own_links() -> None:
    tree = And((Condition("company", "is", ("Acme",)), Or((Condition("state", "empty"), Condition("tags", "empty")))))
    assert filters.describe(tree) == "People at Acme who have a state that is unknown or have no tags"


BOSTON, ACME = Condition("city", "is", ("Boston",)), Condition("company", "is", ("Acme",))
VIP, NO_STATE = Condition("tags", "is", ("vip",)), Condition("state", "empty")


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (Not(BOSTON), "Everyone except those in Boston"),
        (And((ACME, Not(BOSTON))), "People at Acme, except those in Boston"),
        (And((VIP, Not(Or((BOSTON, ACME))))), "People who are tagged vip, except those in Boston or at Acme"),
        (Not(Or((BOSTON, VIP))), "Everyone except those who have a city that is Boston or are tagged vip"),
        (Not(And((BOSTON, VIP))), "Everyone except those in Boston who are tagged vip"),
        (And((Not(BOSTON), Not(VIP))), "Everyone except those in Boston and those who are tagged vip"),
        (Or((VIP, Not(BOSTON))), "People who are tagged vip or are not among those in Boston"),
        (
            And((NO_STATE, Or((VIP, NO_STATE)))),
            "People who have a state that is unknown and (are tagged vip or have a state that is unknown)",
        ),
        (Not(And((ACME, Not(BOSTON)))), "Everyone except (those at Acme, except those in Boston)"),
        (Not(And(())), "Everyone except everyone"),
    ],
)
def test_what_is_negated_reads_as_an_exception(tree: Filter, words: str) -> None:
    assert filters.describe(tree) == words


def test_a_count_within_a_period_travels_as_json() -> None:
    tree = Condition("events_attended", "at_least", (2,), Period(datetime(2026, 1, 1, tzinfo=UTC)))
    assert filters.from_json(ATTENDED | {"within": {"from": "2026-01-01"}}) == tree
    assert filters.to_query(tree).keys() == {"filter"}
    assert filters.from_query(filters.to_query(tree)) == tree


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ({"from": "2026-01-01"}, "since January 2026"),
        ({"from": "2026-01-05"}, "since 5 January 2026"),
        ({"before": "2026-02-01"}, "before February 2026"),
        ({"from": "2025-12-01", "before": "2026-01-01"}, "in December 2025"),
        ({"from": "2025-12-01", "before": "2026-02-01"}, "from December 2025 to before February 2026"),
        (
            {"from": "2026-01-05T10:30:00Z", "before": "2026-01-06"},
            "from 5 January 2026 10:30 UTC to before 6 January 2026",
        ),
        ({"lastDays": 30}, "in the last 30 days"),
        ({"lastDays": 1}, "in the last 1 day"),
    ],
)
def test_a_period_reads_as_plain_language(within: dict[str, Any], words: str) -> None:
    described = filters.describe(filters.from_json(ATTENDED | {"within": within}))
    assert described == f"People who attended 2 or more events {words}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mails_received_max": "0"}, "received no mail"),
        ({"mails_opened_min": "1"}, "opened 1 or more mails"),
        ({"mails_clicked_max": "1"}, "clicked in at most 1 mail"),
        ({"registered_for": "e1"}, "have a place at “Tech Conference”"),
        ({"attended_event": ["e1", "e2", "e3"]}, "attended “Tech Conference” or a chosen event"),
        ({"hosted_event": "e2"}, "host a chosen event"),
        ({"got_campaign": "c1"}, "got the mail of “June news”"),
        ({"opened_campaign": "c1"}, "opened the mail of “June news”"),
        ({"clicked_campaign": "c2"}, "clicked in the mail of a chosen campaign"),
    ],
)
def test_deeds_read_with_the_names_of_events_and_campaigns(given: dict[str, Any], words: str) -> None:
    names = {"e1": "Tech Conference", "c1": "June news"}
    assert filters.describe(filters.from_query(given), names) == f"People who {words}"


def test_who_did_not_do_something_reads_as_that() -> None:
    tree = And(tuple(Condition(field, "is_not", ("x",)) for field in ("attended_event", "opened_campaign")))
    words = "did not attend a chosen event and did not open the mail of a chosen campaign"
    assert filters.describe(tree) == f"People who {words}"


@pytest.mark.parametrize("op", ["is", "is_not", "one_of", "contains", "empty"])
def test_a_score_is_asked_for_by_its_bounds_alone(op: str) -> None:
    assert refused({"field": "engagement", "op": op, "value": 2}).keys() == {"engagement"}


def test_a_score_takes_no_period() -> None:
    given = {"field": "engagement", "op": "at_least", "value": 2, "within": {"lastDays": 7}}
    assert refused(given) == {"engagement": "Only a count takes a period."}


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "10000000000"])
def test_a_bad_score_is_refused_by_its_parameter(value: str) -> None:
    assert refused({"engagement_min": value}).keys() == {"engagement_min"}


def test_scores_read_as_words() -> None:
    assert filters.describe(filters.from_query({"engagement_min": "40", "city": "Rome"})) == (
        "People in Rome who have an engagement score of 40 or more"
    )
    between = Condition("engagement", "between", (10, 20))
    assert filters.describe(between) == "People who have an engagement score of 10 to 20"
