"""Whom a new campaign goes to, as its address says it: the People page's filter, a segment, or `all` for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from crm.campaigns import audience_filter, rehearsal
from crm.core import errors
from crm.people import phrases
from crm.people import queries as people
from crm.people.filter_form import SEGMENT, conditions
from crm.people.list_page import Count
from crm.search import filters
from crm.search.documents import PersonDocument
from crm.search.filters import Condition, Filter, narrowed
from crm.search.store import Split
from crm.segments import repository as segments
from crm.segments.entities import Segment

ALL, DRAFT = "all", "draft"
MAILABLE = "mailable"
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Audience:
    """A filter with whom it matches now: matched = queued + left out. `samples` are some of those who get the mail.
    `segment`: whose filter it is, where it is one's. `draft_id`: the draft that is being written, if one is.

    Who gets it hangs on the `kind` of mail, too: some have left this kind alone.
    """

    where: Filter
    kind: str
    query: str
    phrase: str
    split: Split
    counts: Sequence[Count]
    samples: Sequence[PersonDocument]
    segment: Segment | None = None
    draft_id: str = ""

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
    def segments(self) -> list[tuple[str, str]]:
        """Each segment's name with the address of writing this to it."""
        return choices(self.draft_id)

    @property
    def list_url(self) -> str:
        """The People page with this filter."""
        of_segment = f"&{SEGMENT}={self.segment.id}" if self.segment else ""
        return f"{reverse('people')}?{self.query}{of_segment}" if self.query else reverse("people")

    @property
    def queued_url(self) -> str:
        """The People page with those of them who get the mail."""
        return next((count.url for count in self.counts if count.state == MAILABLE), "")


def address(where: Filter, segment_id: str = "") -> str:
    """Return the query string that names an audience: a segment's, or a filter's."""
    return f"{SEGMENT}={segment_id}" if segment_id else filters.address(where) or f"{ALL}=true"


def choices(draft_id: str) -> list[tuple[str, str]]:
    """Return each segment's name with the address of writing to it."""
    draft = f"&{DRAFT}={draft_id}" if draft_id else ""
    url = reverse("campaign-new")
    return [(segment.name, f"{url}?{address(segment.where, segment.id)}{draft}") for segment in segments.every()]


def offered() -> dict[str, object]:
    """Return whom one may choose who has not chosen yet: everybody, counted, and the segments."""
    return {"everyone": people.split(filters.EVERYONE), "segments": choices("")}


def of(query: QueryDict, kind: str) -> Audience | None:
    """Read the audience of a kind of mail from an address, None where it names none: everybody has to be asked for.

    Raises:
        errors.Invalid: naming each parameter that is wrong, or `filter` where they are too many.
    """
    given = conditions(query)
    everybody = given.pop(ALL, [])
    given.pop(DRAFT, None)
    segment = None if given or everybody else _segment(query.get(SEGMENT, ""))
    if not given and everybody != ["true"] and segment is None:
        return None
    where = filters.from_query(given) if segment is None else segment.where
    audience_filter.demand_room(where)
    split = people.split(where, kind)
    return Audience(
        where=where,
        kind=kind,
        query=given.urlencode() if segment is None else segment.query,
        phrase=phrases.of(where),
        split=split,
        counts=_counts(split, where, kind),
        samples=people.page(rehearsal.readers(where, kind), limit=SAMPLES).items,
        segment=segment,
        draft_id=query.get(DRAFT, ""),
    )


def _segment(segment_id: str) -> Segment | None:
    """Return the segment; a deleted one, too, for the sake of drafts that are for it."""
    if not segment_id:
        return None
    segment = segments.find(segment_id, or_deleted=True)
    if segment is None:
        raise errors.Invalid({SEGMENT: "There is no such segment."})
    return segment


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
