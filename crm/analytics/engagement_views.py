"""The people with the highest engagement scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from crm.analytics import forms, page
from crm.analytics.forms import QuestionForm
from crm.audit import actions as audit
from crm.core import csv_out, htmx, links
from crm.search import engine, score
from crm.search.documents import PersonDocument
from crm.staff.permissions import actor, requires

SHOWN = 100
TEMPLATE, LIST = "analytics/people.html", "most-engaged"


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody with their score."""

    person: PersonDocument
    score: int


@requires("crm.view")
def show(request: HttpRequest) -> HttpResponse:
    """Show the page around the list, which comes after it: everybody's score is counted for that."""
    return page.render(request, TEMPLATE, _around(request))


@requires("crm.view")
def most_engaged(request: HttpRequest) -> HttpResponse:
    """List who does most, most of all first; every score opens what it is made of. Without HTMX, on its page."""
    people = _most_engaged()
    context = _around(request) | {
        "people": people,
        "shown": SHOWN,
        "is_all": len(people) < SHOWN,
        "everyone": links.with_query(reverse("people"), {"engagement_min": "1"}),
    }
    if htmx.fragment(request) == LIST:
        return htmx.render(request, TEMPLATE, context, partials=(LIST,))
    return page.render(request, TEMPLATE, context)


def _around(request: HttpRequest) -> dict[str, object]:
    return page.shell(forms.read(request, kind=QuestionForm), "analytics-people") | {
        "people": None,
        "worth": {name: 2 * points for name, points in score.POINTS.items()},
        "full_days": score.FULL_DAYS,
        "half_days": score.HALF_DAYS,
        "csv_url": reverse("analytics-people-csv") if request.user.has_perm("crm.export") else "",
    }


@requires("crm.export")
def csv(request: HttpRequest) -> HttpResponseBase:
    """Answer the list as a file, and note who took it along."""
    audit.exported(kind="people", actor=actor(request), told={"list": "most engaged", "format": "csv"})
    head = ["id", "email", "first_name", "last_name", "company", "engagement"]
    rows = ([*(getattr(one.person, name) for name in head[:-1]), one.score] for one in _most_engaged())
    return csv_out.download("people.csv", head, rows)


def _most_engaged() -> Sequence[Ranked]:
    store = engine.store()
    ranked = store.most_engaged(SHOWN)
    people = store.people_by_id([key for key, _ in ranked])
    # Somebody may have been deleted between the two questions.
    return [Ranked(people[key], points) for key, points in ranked if key in people]
