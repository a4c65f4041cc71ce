"""The fixed list of questions. Times are of the synthetic world: events from 2024 on, mails from 2025 on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm.search import filters
from crm.search.filters import Filter

HALF_A_YEAR = {"from": "2024-07-01", "before": "2025-01-01"}
SOME_WEEKS = {"from": "2025-04-01T10:00:00Z", "before": "2025-08-20T15:30:00Z"}


@dataclass(frozen=True, slots=True)
class Question:
    """A filter as JSON, how its matches are sorted, and how long a page of them with total may take."""

    name: str
    given: Any
    bar_ms: float
    sort: str = "-createdAt"

    @property
    def where(self) -> Filter:
        """The filter."""
        return filters.from_json(self.given)


def _is(field: str, op: str = "is", value: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any of JSON
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


def _all(*parts: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"and": list(parts)}


def _any(*parts: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"or": list(parts)}


REQUEST_4 = Question(
    "request 4: company, city, attended ≥ 1, hosted ≥ 0",
    {"company": "TechCorp", "city": "New York", "events_attended_min": "1", "events_hosted_min": "0"},
    15,
    "-firstName",
)
SELECTIVE: Sequence[Question] = (
    REQUEST_4,
    Question("tagged vip in one city", _all(_is("tags", value="vip"), _is("city", value="City 7")), 200),
    Question("e-mail begins with", _is("email", "starts_with", "alb.last7"), 200, "email"),
    Question("a company, by company", _is("company", value="TechCorp"), 200, "company"),
)
UNSELECTIVE: Sequence[Question] = (
    Question("everyone", {}, 200),
    Question("attended ≥ 2 and hosted ≥ 1", {"events_attended_min": 2, "events_hosted_min": 1}, 200),
    Question(
        "registered ≥ 2 or hosted ≥ 1",
        _any(_is("eventsRegistered", "at_least", 2), _is("eventsHosted", "at_least", 1)),
        200,
    ),
    Question("OR of three states", _any(*(_is("state", value=f"S{number}") for number in (1, 2, 3))), 200),
    Question("NOT of a company", {"not": _is("company", value="TechCorp")}, 200),
    Question(
        "NOT of a split",
        {
            "not": _any(
                _is("city", value="New York"), _is("eventsAttended", "at_most", 1), _is("unsubscribed", value=True)
            )
        },
        200,
    ),
    Question("added since, by name", _is("createdAt", "after", "2024-06-15T12:00:00Z"), 200, "lastName"),
    Question("word that 1 in 7 has", _is("q", "matches", "engineer"), 200, "firstName"),
    Question("word that 9 in 10 have", _is("q", "matches", "company"), 200, "firstName"),
    Question("two words", _is("q", "matches", "ali compa"), 200),
    Question("attended ≥ 2 in half a year", _is("eventsAttended", "at_least", 2, within=HALF_A_YEAR), 400),
    Question("registered ≤ 1 in half a year", _is("eventsRegistered", "at_most", 1, within=HALF_A_YEAR), 400),
    Question("opened ≥ 1 mail in some weeks", _is("mailsOpened", "at_least", 1, within=SOME_WEEKS), 400),
    Question("never mailed", _is("mailsReceived", value=0), 200),
    Question(
        "got a mail, did not open it",
        _all(_is("gotCampaign", value="campaign-2"), {"not": _is("openedCampaign", value="campaign-2")}),
        200,
    ),
)
PAGES = (*SELECTIVE, *UNSELECTIVE)
COUNTS: Sequence[Question] = (
    Question("text, shared: is", _is("company", value="TechCorp"), 200),
    Question("text, shared: contains", _is("jobTitle", "contains", "title 1"), 200),
    Question("text, one's own: contains", _is("email", "contains", "last77"), 200),
    Question("text, one's own: begins with", _is("lastName", "starts_with", "last1"), 200),
    Question("text: unknown", _is("gender", "empty"), 200),
    Question("tags", _is("tags", "is_not", "vip"), 200),
    Question("count", _is("eventsRegistered", "between", values=[2, 40]), 200),
    Question("count in half a year", _is("eventsRegistered", "at_least", 3, within=HALF_A_YEAR), 400),
    Question("count of mails", _is("mailsOpened", "at_least", 2), 200),
    Question("count of mails in some weeks", _is("mailsReceived", "at_least", 2, within=SOME_WEEKS), 400),
    Question("time", _is("createdAt", "between", values=["2024-03-01T10:00:00Z", "2025-02-01T11:00:00Z"]), 200),
    Question("flag", _is("suppressed", value=False), 200),
    Question("event", _is("attendedEvent", value="event-77"), 200),
    Question("campaign", _is("clickedCampaign", value="campaign-3"), 200),
    Question("word", _is("q", "matches", "e"), 200),
    Question("kinds of mail", _is("unsubscribedFrom", "empty"), 200),
)
# Of a value that one in so many people has, and of one that a tenth as many have: a tenth of the people and all of them
# have about as many matches.
GROWN: Sequence[tuple[Question, Question]] = (
    (REQUEST_4, replace(REQUEST_4, given=REQUEST_4.given | {"company": "Company 13"})),
    *(
        (
            Question(name, {field: common, "events_attended_min": 2}, 200, "lastName"),
            Question(name, {field: rare, "events_attended_min": 2}, 200, "lastName"),
        )
        for name, field, common, rare in (
            ("a title, attended ≥ 2, by name", "job_title", "Engineer", "Title 11"),
            ("a state, attended ≥ 2, by name", "state", "S0", "S13"),
        )
    ),
)
FACETS = ("company", "city", "job_title")
