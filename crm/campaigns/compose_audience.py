"""Whom a new campaign goes to, as its address says it: the People page's filter, or `all` for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from crm.campaigns import audience_filter, rehearsal
from crm.people import queries as people
from crm.people.filter_form import conditions
from crm.people.list_page import Count
from crm.search import filters
from crm.search.documents import PersonDocument
from crm.search.filters import Condition, Filter, narrowed
from crm.search.store import Split

ALL, DRAFT = "all", "draft"
MAILABLE = "mailable"
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Audience:
    """A filter with whom it matches now: matched = queued + left out. `samples` are some of those who get the mail.

    Who gets it hangs on the `kind` of mail, too: some have left this kind alone.
    """

    where: Filter
    kind: str
    query: str
    phrase: str
    split: Split
    counts: Sequence[Count]
    samples: Sequence[PersonDocument]

    @property
    def sample(self) -> PersonDocument | None:
        """One of those who get the mail, None where nobody does."""
        return self.samples[0] if self.samples else None

    @property
    def left_out(self) -> int:
        """How many match and get no mail."""
        return self.split.matched - self.split.mailable

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The counts as the parts of a bar."""
        return [(count.state, count.number) for count in self.counts]

    @property
    def list_url(self) -> str:
        """The People page with this filter."""
        return f"{reverse('people')}?{self.query}" if self.query else reverse("people")

    @property
    def queued_url(self) -> str:
        """The People page with those of them who get the mail."""
        return next((count.url for count in self.counts if count.state == MAILABLE), "")


def address(where: Filter) -> str:
    """Return the query string that names an audience."""
    return filters.address(where) or f"{ALL}=true"


def everyone() -> Split:
    """Count everybody, for those who have not chosen yet."""
    return people.split(filters.EVERYONE)


def of(query: QueryDict, kind: str) -> Audience | None:
    """Read the audience of a kind of mail from an address, None where it names none: everybody has to be asked for.

    Raises:
        errors.Invalid: naming each parameter that is wrong, or `filter` where they are too many.
    """
    given = conditions(query)
    everybody = given.pop(ALL, [])
    given.pop(DRAFT, None)
    if not given and everybody != ["true"]:
        return None
    where = filters.from_query(given)
    audience_filter.demand_room(where)
    split = people.split(where, kind)
    return Audience(
        where=where,
        kind=kind,
        query=given.urlencode(),
        phrase=filters.describe(where),
        split=split,
        counts=_counts(split, where, kind),
        samples=people.page(rehearsal.readers(where, kind), limit=SAMPLES).items,
    )


def _counts(split: Split, where: Filter, kind: str) -> list[Count]:
    """Return the parts of a split that are not 0, each with the address of exactly its people."""
    is_free, has_left_all = Condition("suppressed", "is", (False,)), Condition("unsubscribed", "is", (True,))
    has_left_kind = Condition("unsubscribed_from", "is", (kind,))
    parts = (
        (MAILABLE, split.mailable, rehearsal.readers(where, kind)),
        ("suppressed", split.suppressed, narrowed(where, Condition("suppressed", "is", (True,)))),
        ("unsubscribed", split.unsubscribed, narrowed(where, is_free, has_left_all)),
        ("left-this-kind-of-mail", split.left_kind, narrowed(where, *rehearsal.REACHABLE, has_left_kind)),
    )
    people_url = reverse("people")
    return [Count(state, number, f"{people_url}?{filters.address(whom)}") for state, number, whom in parts if number]
