"""Lists of everything but people on OpenSearch, and rows by id."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import batched

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError

from crm.core import utm as utm_names
from crm.search import mail_links, opensearch_rebuild
from crm.search import opensearch_mappings as mappings
from crm.search.credit_keys import credit_keys
from crm.search.documents import (
    HUMAN,
    OPEN_STATES,
    AnyDocument,
    CampaignDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    MailLinksDocument,
    RegistrationDocument,
    SuppressionDocument,
)
from crm.search.opensearch_apply import NoIndex
from crm.search.opensearch_client import answered, search
from crm.search.opensearch_deeds import having_deeds, of_mails
from crm.search.opensearch_filters import having_words
from crm.search.opensearch_paging import Listing, documents
from crm.search.opensearch_query import EVERYTHING, Query, any_of, equal, every, filled, living, no, within
from crm.search.sqlite_schema import (
    CAMPAIGNS,
    DELIVERIES,
    ENGAGEMENTS,
    EVENTS,
    MAIL_LINKS,
    PEOPLE,
    REGISTRATIONS,
    SUPPRESSIONS,
    Table,
)
from crm.search.store import Page, Swapped

# Campaigns whose links are asked for in one question, and OpenSearch's bound of an answer: a mail that is laid out
# again and again before it is sent has a row each time.
_ASKED_AT_ONCE, _MOST_AT_ONCE = 200, 10_000


class Lists:
    """The part of the SearchStore whose questions are plain equalities; see the port for what each means."""

    def __init__(self, client: OpenSearch, prefix: str, refresh: str, index: str | None) -> None:
        self._client = client
        self._prefix = prefix
        self._refresh = refresh
        self._index = index
        self._alias = index or opensearch_rebuild.shown(prefix)
        self._write_alias = opensearch_rebuild.writes(index) if index else self._alias

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
    ) -> Page[EventDocument]:
        where = [_words(text), *_equal(status=status), within("start_at", starts_from, starts_before)]
        return self._page(Listing.of(EVENTS, every(where), sort, limit, cursor))

    def events_by_id(self, ids: Sequence[str]) -> Mapping[str, EventDocument]:
        return self._by_id(EVENTS, ids)

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
        where = [*_equal(event_id=event_id, person_id=person_id, status=status), _of_people(text)]
        if checked_in is not None:
            where.append(filled("checked_in_at") if checked_in else no(filled("checked_in_at")))
        if attended:
            where.append(equal("attended", 1))
        where.append(within("registered_at", registered_from, registered_before))
        if touch is not None:
            where += _equal(**credit_keys(touch, utm or {}, campaign_id))
        return self._page(Listing.of(REGISTRATIONS, every(where), sort, limit, cursor))

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
        where = [
            *_equal(campaign_id=campaign_id, event_id=event_id, person_id=person_id),
            *_equal(state=state, reason=reason, outcome=outcome),
            *_utm(utm or {}),
            within("state_at", entered_from, entered_before),
            _of_people(text),
        ]
        if queued:
            where.append(no(equal("state", "skipped")))
        if still_open:
            where.append(any_of("state", OPEN_STATES))
        if engaged is not None:
            where.append(having_deeds(engaged, by_human=by_human))
        if link is not None:
            where.append(having_deeds("click", equal("link", link), by_human=by_human))
        return self._page(Listing.of(DELIVERIES, every(where), "-created_at", limit, cursor))

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
        when = within("state_at", entered_from, entered_before)
        mails = every([living(DELIVERIES.name), *_equal(campaign_id=campaign_id), *_utm(utm or {}), when])
        where = [equal("kind", "click"), of_mails(mails)]
        if link is not None:
            where.append(equal("link", link))
        if by_human:
            where.append(equal("verdict", HUMAN))
        return self._page(Listing.of(ENGAGEMENTS, every(where), "-at", limit, cursor))

    def campaigns(
        self, *, state: str | None = None, text: str = "", limit: int = 20, cursor: str | None = None
    ) -> Page[CampaignDocument]:
        where = every([*_equal(state=state), _words(text)])
        return self._page(Listing.of(CAMPAIGNS, where, "-created_at", limit, cursor))

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, CampaignDocument]:
        return self._by_id(CAMPAIGNS, ids)

    def mail_links(self, campaign_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        found: list[MailLinksDocument] = []
        for some in batched(sorted(set(campaign_ids)), _ASKED_AT_ONCE):
            which = every([living(MAIL_LINKS.name), any_of("campaign_id", some)])
            found += self._asked(partial(self._all, MAIL_LINKS, which))
        return mail_links.latest(found)

    def suppressions(
        self, *, text: str = "", sort: str = "-createdAt", limit: int = 20, cursor: str | None = None
    ) -> Page[SuppressionDocument]:
        return self._page(Listing.of(SUPPRESSIONS, _words(text), sort, limit, cursor))

    def _all[Document: AnyDocument](self, table: Table[Document], which: Query) -> list[Document]:
        body = {"query": which, "size": _MOST_AT_ONCE, "_source": ["doc"]}
        return documents(table, search(self._client, self._alias, body)["hits"]["hits"])

    def _page[Document: AnyDocument](self, listing: Listing[Document]) -> Page[Document]:
        return self._asked(lambda: listing.page(self._client, self._alias))

    def _by_id[Document: AnyDocument](self, table: Table[Document], ids: Sequence[str]) -> dict[str, Document]:
        if not ids:
            return {}
        # Not by search: what was stored is there by its id at once.
        asked = [{"_id": f"{table.name}/{key}", "routing": key, "_source": ["doc", "deleted"]} for key in set(ids)]
        found = self._asked(lambda: self._got(asked))
        return {one.id: one for one in documents(table, found)}

    def _got(self, asked: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        with answered():
            told = self._client.mget(index=self._alias, body={"docs": list(asked)})["docs"]
        if any(one.get("error", {}).get("type") == "index_not_found_exception" for one in told):
            raise NoIndex
        return [one for one in told if one.get("found") and not one["_source"]["deleted"]]

    def _asked[Answer](self, ask: Callable[[], Answer]) -> Answer:
        """Ask; once more where the index was swapped for another meanwhile, or the first one is yet to be made."""
        try:
            return ask()
        except (NotFoundError, NoIndex):
            self._make_first()
            return ask()

    def _make_first(self) -> None:
        if self._index is not None:
            raise Swapped
        opensearch_rebuild.make_first(self._client, self._prefix, self._refresh)


def _equal(**wanted: str | None) -> list[Query]:
    return [equal(column, value) for column, value in wanted.items() if value is not None]


def _utm(wanted: Mapping[str, str]) -> list[Query]:
    utm_names.check_names(wanted)
    return _equal(**wanted)


def _words(text: str) -> Query:
    return having_words(text) if text.strip() else EVERYTHING


def _of_people(text: str) -> Query:
    """Search registrations and mails by their people's names and e-mail addresses."""
    if not text.strip():
        return EVERYTHING
    who = every([living(PEOPLE.name), having_words(text, "who")])
    return {"has_parent": {"parent_type": mappings.PERSON, "query": who}}
