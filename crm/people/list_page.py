"""What the People page shows: rows, counts and where in the list they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from crm.core import links, paging, sorting
from crm.core.sorting import Column, Head
from crm.people import phrases, queries
from crm.people.filter_form import SELECT, SUGGESTED, FilterForm, conditions
from crm.search.documents import PersonDocument
from crm.search.filters import EVERYONE
from crm.search.store import Freshness, Split

COLUMNS = (
    Column("Name", "firstName"),
    Column("Title", "jobTitle"),
    Column("Company", "company"),
    Column("City", "city"),
    Column("Registered", "eventsRegistered", is_number=True),
    Column("Attended", "eventsAttended", is_number=True),
    Column("Hosted", "eventsHosted", is_number=True),
    Column("Added", "createdAt", starts_descending=True),
)
# What narrows a filter to one part of its count. Somebody both suppressed and unsubscribed counts as suppressed.
NARROWED: Mapping[str, Mapping[str, str]] = {
    "mailable": {"suppressed": "false", "unsubscribed": "false"},
    "suppressed": {"suppressed": "true"},
    "unsubscribed": {"suppressed": "false", "unsubscribed": "true"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """A person in the table. `left_out` says why no campaign reaches them, empty where one does."""

    person: PersonDocument
    left_out: str


@dataclass(frozen=True, slots=True)
class Count:
    """Part of a count, with the address that lists exactly its people."""

    state: str
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list. `query` is the filter as an address carries it; `phrase` says it, empty for everyone."""

    rows: Sequence[Row]
    pager: paging.Pager
    heads: Sequence[Head]
    split: Split
    counts: Sequence[Count]
    freshness: Freshness
    query: str
    phrase: str
    is_all_selected: bool
    select_all: str
    select_none: str
    may_pick: bool

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The counts as the parts of a bar."""
        return [(count.state, count.number) for count in self.counts]

    @property
    def parts_in_words(self) -> str:
        """The bar for those who do not see it."""
        return ", ".join(f"{count.number:,} {count.state}" for count in self.counts)


def build(request: HttpRequest, form: FilterForm) -> ListPage:
    """Answer a valid form's question. Raises errors.Invalid on a bad sort or cursor in the address."""
    sort = request.GET.get(sorting.PARAMETER) or queries.DEFAULT_SORT
    page = queries.page(form.where, sort=sort, limit=paging.PAGE_SIZE, cursor=request.GET.get("cursor") or None)
    reasons = queries.left_out(page.items)
    split = queries.split(form.where)
    return ListPage(
        rows=[Row(person, reasons.get(person.id, "")) for person in page.items],
        pager=paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        heads=sorting.heads(request, COLUMNS, sort),
        split=split,
        counts=counts(split, request.path, conditions(request.GET)),
        freshness=queries.freshness(),
        query=conditions(request.GET).urlencode(),
        phrase="" if form.where == EVERYONE else phrases.of(form.where),
        is_all_selected=request.GET.get(SELECT) == "all" and page.total > 0,
        select_all=links.changed(request.path, request.GET, {SELECT: "all"}),
        select_none=links.changed(request.path, request.GET, {SELECT: ""}),
        may_pick=request.user.has_perm("crm.edit") or request.user.has_perm("crm.send_campaigns"),
    )


def counts(split: Split, path: str, query: QueryDict) -> list[Count]:
    """Return the parts of a split that are not 0, each with the address of its people on the People page."""
    numbers = {"mailable": split.mailable, "suppressed": split.suppressed, "unsubscribed": split.unsubscribed}
    shown = [(state, number) for state, number in numbers.items() if number]
    return [Count(state, number, links.changed(path, query, NARROWED[state])) for state, number in shown]


def suggestions() -> Mapping[str, Sequence[str]]:
    """Return the commonest values of each text filter, to type less."""
    return {name: queries.commonest(name) for name in SUGGESTED}
