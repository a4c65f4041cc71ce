"""The filter builder: every step is posted, and answered with the builder as it is then."""

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.core import htmx, links
from crm.core.sorting import PARAMETER as SORT
from crm.people import builder_draft, builder_page, builder_tree, phrases, queries
from crm.people.builder_tree import ROOT, Group, Reading
from crm.people.filter_form import DRAFT, FOR, SEGMENT, SUGGESTED, conditions
from crm.search import filters
from crm.search.fields import BY_ANY_NAME
from crm.search.filter_query import TREE
from crm.search.filters import And, Filter, Or
from crm.staff.permissions import requires

PAGE = "people/filter.html"
PARTS = ("filter-builder", "builder-said")
# Where the builder is embedded: beside the list it narrows, or in the form of a campaign, which says `use`.
CAMPAIGN = "campaign"
SHOW = "show"
# A field, whose commonest values are asked for.
KNOWN = "known"


@requires("crm.view")
@require_http_methods(["GET", "HEAD", "POST"])
def builder(request: HttpRequest) -> HttpResponse:
    """Show the filter of the address in the builder, or take one step in it."""
    if request.method != "POST":
        if KNOWN in request.GET:
            return htmx.render(request, "people/known.html", {"known": _known(request.GET[KNOWN])})
        where = filters.from_query(conditions(request.GET))
        return _answer(request, builder_tree.of(where))
    do = request.POST.get("do", "")
    draft = builder_tree.changed(builder_tree.posted(request.POST), do)
    if do == SHOW and htmx.fragment(request) is None:
        reading = builder_tree.read(draft)
        if not reading.problems:
            return htmx.redirect(request, list_url(request, reading.where, draft))
    return _answer(request, draft, do)


def _known(field: str) -> Sequence[str]:
    known = BY_ANY_NAME.get(field)
    return queries.commonest(known.name) if known and known.name in SUGGESTED else ()


def _answer(request: HttpRequest, draft: Group, do: str = "") -> HttpResponse:
    reading = builder_tree.read(draft)
    status = 422 if reading.problems and htmx.fragment(request) is None else 200
    return htmx.render(request, PAGE, context(request, draft, reading, do), partials=PARTS, status=status)


def context(request: HttpRequest, draft: Group, reading: Reading, do: str = "") -> dict[str, object]:
    """Return what the builder's templates show."""
    found = {name.removesuffix("-find"): request.POST[name].strip() for name in request.POST if name.endswith("-find")}
    is_for_campaign = request.GET.get(FOR) == CAMPAIGN
    return {
        "root": builder_page.shown(draft, reading, found),
        "reading": reading,
        "phrase": phrases.of(reading.where),
        "step": _step_url(request),
        "list_url": list_url(request, reading.where, draft),
        "simple_url": _simple_url(request, reading.where),
        "split": queries.split(reading.where) if is_for_campaign and not reading.problems else None,
        "freshness": queries.freshness(),
        "is_for_campaign": is_for_campaign,
        "is_fragment": htmx.fragment(request) in PARTS,
        "is_step": request.method == "POST",
        "said": _said(draft, reading, ROOT) if htmx.fragment(request) == "builder-said" else (),
        "focus": _focus(draft, do),
        # Where a part was removed, those behind it have other places: what stands in the page is of another part.
        "keeps_inputs": not do.startswith("remove"),
    }


def of_address(request: HttpRequest, where: Filter) -> dict[str, object]:
    """Return the same for a page that has the builder in it, open on the filter of its address."""
    draft = builder_draft.of(request.GET, where)
    return context(request, draft, builder_tree.read(draft))


def is_open(request: HttpRequest) -> bool:
    """Tell whether an address asks for the builder: it names a tree, which the simple form cannot show."""
    return TREE in request.GET


def list_url(request: HttpRequest, where: Filter, draft: Group | None = None) -> str:
    """Return the People page with a filter, open in the builder, which holds the draft."""
    text = "" if draft is None else builder_draft.written(draft, where)
    return links.changed(reverse("people"), request.GET, {**_only_place(request), TREE: _tree(where), DRAFT: text})


def _tree(where: Filter) -> str:
    return json.dumps(filters.to_json(where), ensure_ascii=False, separators=(",", ":"))


def _only_place(request: HttpRequest) -> dict[str, str]:
    """Take all out of the address but the order and the open segment."""
    return {name: "" for name in request.GET if name not in (SORT, SEGMENT)}


def _step_url(request: HttpRequest) -> str:
    kept = {name: "" for name in request.GET if name not in (SORT, SEGMENT, FOR)}
    return links.changed(reverse("people-filter"), request.GET, kept)


def _simple_url(request: HttpRequest, where: Filter) -> str:
    """Return the People page with the simple form, empty where that cannot say the filter."""
    while isinstance(where, And | Or) and len(where.parts) == 1:
        # Of one condition, "at least one of these" says no more than "all of these".
        where = where.parts[0]
    plain = filters.to_query(where)
    if TREE in plain:
        return ""
    kept = {name: request.GET[name] for name in (SORT, SEGMENT) if request.GET.get(name)}
    return f"{reverse('people')}?{urlencode({**plain, **kept}, doseq=True)}"


def _said(group: Group, reading: Reading, path: str) -> list[tuple[str, str]]:
    """Return what is to be said beside each condition, nothing included, by its place."""
    found = []
    for number, part in enumerate(group.parts):
        place = f"{path}-{number}"
        found += _said(part, reading, place) if isinstance(part, Group) else [(place, reading.problems.get(place, ""))]
    return found


def _focus(draft: Group, do: str) -> str:
    """Return the id of what should have the focus after a step: the new condition, or what is before the one gone."""
    what, _, path = do.partition(":")
    if what == "add":
        return f"{path}-{_size(draft, path) - 1}-field"
    if what == "group":
        return f"{path}-{_size(draft, path) - 1}-0-field"
    return f"{path.rpartition('-')[0] or ROOT}-add" if what == "remove" else ""


def _size(draft: Group, path: str) -> int:
    group = draft
    for step in path.removeprefix(ROOT).split("-"):
        inner = group.parts[int(step)] if step.isdigit() and int(step) < len(group.parts) else group
        group = inner if isinstance(inner, Group) else group
    return len(group.parts)
