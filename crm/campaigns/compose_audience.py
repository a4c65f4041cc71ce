"""Whom a new campaign goes to, as its address says it: the People page's filter, or `all` for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from crm.campaigns.rehearsal import GET_MAIL
from crm.people import queries as people
from crm.people.filter_form import conditions
from crm.people.list_page import Count, counts
from crm.search import filters
from crm.search.documents import PersonDocument
from crm.search.filters import And, Filter
from crm.search.store import Split

ALL, DRAFT = "all", "draft"
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Audience:
    """A filter with whom it matches now: matched = queued + left out. `samples` are some of those who get the mail."""

    where: Filter
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
        return next((count.url for count in self.counts if count.state == "mailable"), "")


def address(where: Filter) -> str:
    """Return the query string that names an audience."""
    return urlencode(filters.to_query(where) or {ALL: "true"}, doseq=True)


def everyone() -> Split:
    """Count everybody, for those who have not chosen yet."""
    return people.split(filters.EVERYONE)


def of(query: QueryDict) -> Audience | None:
    """Read the audience from an address, None where it names none: everybody has to be asked for.

    Raises:
        errors.Invalid: naming each parameter that is wrong.
    """
    given = conditions(query)
    everybody = given.pop(ALL, [])
    given.pop(DRAFT, None)
    if not given and everybody != ["true"]:
        return None
    where = filters.from_query(given)
    split = people.split(where)
    return Audience(
        where=where,
        query=given.urlencode(),
        phrase=filters.describe(where),
        split=split,
        counts=counts(split, reverse("people"), given),
        samples=people.page(And((where, *GET_MAIL)), limit=SAMPLES).items,
    )
