"""The port through which everybody asks the read model of things. One adapter per engine, one contract suite."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from crm.core import errors
from crm.search.digests import Digest
from crm.search.documents import (
    AnyDocument,
    CampaignDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    PersonDocument,
    RegistrationDocument,
    SuppressionDocument,
)
from crm.search.filters import EVERYONE, Filter


@dataclass(frozen=True, slots=True)
class Page[Row]:
    """Some rows, the cursor of the next page (None on the last), and how many rows match in all."""

    items: Sequence[Row]
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Split:
    """How many people a filter matches, and how many of those can be mailed. The first is the others' sum.

    `unsubscribed`: from all campaign mail; `left_kind`: from the kind of mail that was asked about.
    """

    matched: int
    mailable: int
    suppressed: int
    unsubscribed: int
    left_kind: int


# The projector asks the streams about once a second; behind by more than this, lists are noticeably stale.
BEHIND_S = 15.0


@dataclass(frozen=True, slots=True)
class Freshness:
    """`as_of`: up to when the rows are known to be complete; None before the first catch-up."""

    as_of: datetime | None
    lag_s: float | None

    @property
    def is_behind(self) -> bool:
        """Whether readers should know that the rows leave out what changed lately."""
        return self.lag_s is None or self.lag_s > BEHIND_S


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a shard is applied: `sequence` is the last record's number, '' before the first, or `CLOSED`."""

    stream: str
    shard: str
    sequence: str


class Unavailable(errors.Busy):
    """The engine does not answer or is too busy. Nothing was stored; the same call may succeed later."""

    def __init__(self) -> None:
        super().__init__("The lists are busy. Try again.")


class Swapped(Unavailable):
    """Another generation is current than the caller's, whose checkpoints do not hold for it. Nothing was stored."""


# How long a write waits for others, unless told.
PATIENCE_S = 10.0
# The checkpoint of a shard that was read to its end.
CLOSED = "closed"


class SearchStore(Protocol):
    """Filter, sort, page, count. `sort` names a field, `-` before it for descending; `limit` is 1…100.

    Every list raises errors.Invalid, naming `sort_by`, `cursor` or `limit`, on values it does not take.
    """

    def apply(
        self,
        documents: Sequence[AnyDocument],
        checkpoints: Sequence[Checkpoint] = (),
        *,
        generation: str | None = None,
        wait_s: float = PATIENCE_S,
    ) -> int:
        """Store documents of higher version than the stored ones; return how many were.

        The checkpoints are stored with them or not at all, where the engine can. `generation` is the one that was
        read up to there. `wait_s` bounds the wait for other writers.

        Raises:
            Swapped: another generation is current. Nothing was stored.
            Unavailable: nothing was stored.
        """

    def checkpoints(self) -> Sequence[Checkpoint]:
        """Return how far each shard is applied."""

    def forget_checkpoints(self, gone: Sequence[Checkpoint], *, generation: str | None = None) -> None:
        """Drop the checkpoints of shards that are no more. Raises Swapped: another generation is current."""

    def generation(self) -> str:
        """Return the name of what is being read and written now; another one after a rebuild was swapped in."""

    def note_freshness(self, as_of: datetime | None) -> None:
        """Remember up to when the rows are complete; None: not known to be."""

    def people(self, where: Filter, *, sort: str, limit: int, cursor: str | None = None) -> Page[PersonDocument]:
        """Return a page of the people a filter matches, sorted by any field of a person."""

    def split(self, where: Filter, kind: str = "") -> Split:
        """Count the people a filter matches, and who of them can be mailed: with a mail of a kind, or at all.

        Somebody suppressed counts as that alone, somebody unsubscribed from all mail as that.
        """

    def freeze(self, where: Filter, chunk: int) -> AbstractContextManager[Iterator[list[str]]]:
        """Yield the ids of all matching people in lists of at most `chunk`, from one consistent read."""

    def most_engaged(self, limit: int) -> Sequence[tuple[str, int]]:
        """Return the people with the highest engagement scores above 0, and those; of equal ones by id.

        `limit` is 1…100. Raises errors.Invalid naming it.
        """

    def deeds(self, person_id: str, since: datetime) -> Sequence[RegistrationDocument | EngagementDocument]:
        """Return somebody's registrations for events since then, and what humans did with their mails since then."""

    def people_by_id(self, ids: Sequence[str]) -> Mapping[str, PersonDocument]: ...

    def events(
        self,
        *,
        text: str = "",
        status: str | None = None,
        starts_from: datetime | None = None,
        starts_before: datetime | None = None,
        sort: str = "-startAt",
        limit: int = 20,
        cursor: str | None = None,
    ) -> Page[EventDocument]: ...

    def events_by_id(self, ids: Sequence[str]) -> Mapping[str, EventDocument]: ...

    def registrations(
        self,
        *,
        event_id: str | None = None,
        person_id: str | None = None,
        status: str | None = None,
        checked_in: bool | None = None,
        attended: bool = False,
        touch: str | None = None,
        utm: Mapping[str, str] | None = None,
        campaign_id: str | None = None,
        registered_from: datetime | None = None,
        registered_before: datetime | None = None,
        text: str = "",
        sort: str = "-createdAt",
        limit: int = 20,
        cursor: str | None = None,
    ) -> Page[RegistrationDocument]:
        """`text` searches the person's name and e-mail.

        `touch` (first, last) says which one `utm` and `campaign_id` are about; `utm` maps any of utm_source,
        utm_medium, utm_campaign to the value wanted ('' : has none, or came directly).
        """

    def deliveries(
        self,
        *,
        campaign_id: str | None = None,
        event_id: str | None = None,
        person_id: str | None = None,
        state: str | None = None,
        queued: bool = False,
        still_open: bool = False,
        reason: str | None = None,
        outcome: str | None = None,
        utm: Mapping[str, str] | None = None,
        engaged: str | None = None,
        link: int | None = None,
        by_human: bool = False,
        entered_from: datetime | None = None,
        entered_before: datetime | None = None,
        text: str = "",
        limit: int = 20,
        cursor: str | None = None,
    ) -> Page[DeliveryDocument]:
        """Newest first. `utm` maps any of utm_source, utm_medium, utm_campaign to the value wanted ('' : has none).

        `campaign_id` '' lists the mails of no campaign; `outcome` '' those of which SES told nothing yet.
        `queued` lists all but those left out (skipped), `still_open` those whose state is not final.
        `engaged` (open, click, unsubscribe) lists those with which that was done, `link` those in which this link was
        clicked (by its number), `by_human` by a human.
        `entered_from` (included) and `entered_before` (not) bound the time at which the present state was entered.
        `text` searches the people's names and e-mails, as they are now.
        """

    def clicks(
        self,
        *,
        campaign_id: str | None = None,
        link: int | None = None,
        by_human: bool = False,
        utm: Mapping[str, str] | None = None,
        entered_from: datetime | None = None,
        entered_before: datetime | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Page[EngagementDocument]:
        """Single clicks, newest first: of the mails that `deliveries` lists for the same question, whenever they were.

        `link` is the number of the clicked one, `by_human` leaves machines' out.
        """

    def campaigns(
        self, *, state: str | None = None, text: str = "", limit: int = 20, cursor: str | None = None
    ) -> Page[CampaignDocument]:
        """Newest first. `text` searches name and subject."""

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, CampaignDocument]: ...

    def mail_links(self, campaign_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return campaign -> where the tracked links of its mail lead, for those whose mail was laid out."""

    def suppressions(
        self, *, text: str = "", sort: str = "-createdAt", limit: int = 20, cursor: str | None = None
    ) -> Page[SuppressionDocument]:
        """`text` searches address and reason."""

    def facets(self, field: str, text: str, limit: int, where: Filter = EVERYONE) -> Sequence[tuple[str, int]]:
        """Return the commonest values among the people a filter matches, with how many of them have each.

        `field` is one of fields.FACETS; `text` what the values start with. Of values as common as each other, the one
        whose key is lower comes first. A value is spelled as one of these people has it.
        """

    def freshness(self) -> Freshness:
        """Return up to when the rows are complete, and how many seconds ago that was."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of `kind` that two stores do not agree on."""

    kind: str
    id: str


class RebuildableStore(SearchStore, Protocol):
    """A store that can be built anew beside itself while it is read and written."""

    def beside(self) -> Self:
        """Return an empty store, to be filled, finished, and adopted or discarded."""

    def finish(self) -> None:
        """Add what is built once all rows are in (indexes, statistics)."""

    def digests(self) -> Mapping[str, Digest]:
        """Return kind -> number and hash of all rows and tombstones."""

    def digests_of(self, documents: Sequence[AnyDocument]) -> Mapping[str, Digest]:
        """Return the same of documents that are to be stored."""

    def differences(self, other: Self) -> Sequence[Difference]:
        """Return the rows, and the numbers derived from them, that are not the same in both."""

    def adopt(self, built: Self) -> None:
        """Show the built store's rows from now on, to every process, and drop the ones shown so far."""

    def discard(self) -> None:
        """Remove this store."""

    def tidy(self) -> None:
        """Do what keeps the store quick and small, now and then."""

    def sweep(self) -> None:
        """Remove stores that were neither adopted nor discarded. Only for whoever holds the rebuild's lease."""
