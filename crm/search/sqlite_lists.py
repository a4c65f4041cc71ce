"""Lists of everything but people, and rows by id."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm.core import utm as utm_names
from crm.search import mail_links, sqlite_click_rows, sqlite_words
from crm.search.credit_keys import credit_keys
from crm.search.documents import (
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
from crm.search.sqlite_codec import decode, micros
from crm.search.sqlite_connection import Database
from crm.search.sqlite_paging import Listing
from crm.search.sqlite_schema import (
    CAMPAIGNS,
    DELIVERIES,
    ENGAGEMENTS,
    EVENTS,
    REGISTRATIONS,
    SUPPRESSIONS,
    SqlValue,
    Table,
)
from crm.search.sqlite_where import FALSE, TRUE, Where
from crm.search.store import Page


class Lists:
    """The part of the SearchStore whose questions are plain equalities; see the port for what each means."""

    def __init__(self, database: Database) -> None:
        self.database = database

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
        where = _words(EVENTS, text) & _equal(status=status) & _within("start_at", starts_from, starts_before)
        return self._page(Listing.of(EVENTS, where, sort, limit, cursor))

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
        where = _equal(event_id=event_id, person_id=person_id, status=status) & _of_people(text)
        if checked_in is not None:
            where &= Where(f"checked_in_at IS {'NOT ' if checked_in else ''}NULL")
        if attended:
            where &= Where("attended = 1")
        where &= _within("registered_at", registered_from, registered_before)
        if touch is not None:
            where &= _equal(**credit_keys(touch, utm or {}, campaign_id))
        return self._page(Listing.of(REGISTRATIONS, where, sort, limit, cursor))

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
        where = _equal(campaign_id=campaign_id, event_id=event_id, person_id=person_id)
        where &= _equal(state=state, reason=reason, outcome=outcome)
        where &= _utm(utm or {}) & _within("state_at", entered_from, entered_before)
        where &= _of_people(text)
        if queued:
            where &= Where("state <> 'skipped'")
        if still_open:
            where &= Where(f"state IN ({', '.join('?' * len(OPEN_STATES))})", OPEN_STATES)
        if engaged is not None:
            where &= _engaged(campaign_id, "engaged", Where("kind = ?", (engaged,)), by_human=by_human)
        if link is not None:
            where &= _engaged(campaign_id, "clicked", Where("link = ?", (link,)), by_human=by_human)
        return self._page(Listing.of(DELIVERIES, where, "-created_at", limit, cursor))

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
        where = _equal(campaign_id=campaign_id) & _utm(utm or {}) & _within("state_at", entered_from, entered_before)
        if link is not None:
            where &= Where("link = ?", (link,))
        if by_human:
            where &= Where("human = 1")
        listing = Listing.of(ENGAGEMENTS, where, "-at", limit, cursor)
        with self.database.read() as connection:
            rows = listing.rows(connection, sqlite_click_rows.TABLE)
            return listing.page(connection, listing.count(connection, sqlite_click_rows.TABLE), rows)

    def campaigns(
        self, *, state: str | None = None, text: str = "", limit: int = 20, cursor: str | None = None
    ) -> Page[CampaignDocument]:
        where = _equal(state=state) & _words(CAMPAIGNS, text)
        return self._page(Listing.of(CAMPAIGNS, where, "-created_at", limit, cursor))

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, CampaignDocument]:
        return self._by_id(CAMPAIGNS, ids)

    def mail_links(self, campaign_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        sql = "SELECT doc FROM mail_links WHERE campaign_id IN (SELECT value FROM json_each(?))"
        with self.database.read() as connection:
            rows = connection.execute(sql, (json.dumps(list(campaign_ids)),)).fetchall()
        return mail_links.latest(decode(MailLinksDocument, doc) for (doc,) in rows)

    def suppressions(
        self, *, text: str = "", sort: str = "-createdAt", limit: int = 20, cursor: str | None = None
    ) -> Page[SuppressionDocument]:
        return self._page(Listing.of(SUPPRESSIONS, _words(SUPPRESSIONS, text), sort, limit, cursor))

    def _page[Document: AnyDocument](self, listing: Listing[Document]) -> Page[Document]:
        with self.database.read() as connection:
            return listing.page(connection, listing.count(connection))

    def _by_id[Document: AnyDocument](self, table: Table[Document], ids: Sequence[str]) -> dict[str, Document]:
        sql = f"SELECT id, doc FROM {table.name} WHERE id IN (SELECT value FROM json_each(?))"
        with self.database.read() as connection:
            rows: list[tuple[str, Any]] = connection.execute(sql, (json.dumps(list(ids)),)).fetchall()
        return {key: decode(table.kind, doc) for key, doc in rows}


def _equal(**wanted: str | None) -> Where:
    where = TRUE
    for column, value in wanted.items():
        if value is not None:
            where &= Where(f"{column} = ?", (value,))
    return where


def _utm(wanted: Mapping[str, str]) -> Where:
    utm_names.check_names(wanted)
    return _equal(**wanted)


def _engaged(campaign_id: str | None, rollup: str, which: Where, *, by_human: bool) -> Where:
    """Return the condition that something was done with a mail, by a roll-up of mails."""
    done = which & Where("human > 0") if by_human else which
    if not campaign_id:
        return Where(f"EXISTS (SELECT 1 FROM {rollup} WHERE mail = deliveries.id AND {done.sql})", done.values)
    # A mail's id begins with its campaign's, so that the campaign's part of the roll-up alone is walked.
    within = Where("mail > ? AND mail < ?", (f"{campaign_id}/", f"{campaign_id}0")) & done
    return Where(f"id IN (SELECT mail FROM {rollup} WHERE {within.sql})", within.values)


def _within(column: str, start: datetime | None, end: datetime | None) -> Where:
    where = TRUE
    if start is not None:
        where &= Where(f"{column} >= ?", (micros(start),))
    if end is not None:
        where &= Where(f"{column} < ?", (micros(end),))
    return where


def _words(table: Table[Any], text: str) -> Where:
    return sqlite_words.having(table.name, text) if text.strip() else TRUE


def _of_people(text: str) -> Where:
    """Search registrations and mails by their people's names and e-mail addresses."""
    if not text.strip():
        return TRUE
    question = sqlite_words.question(text)
    if question is None:
        return FALSE
    matching: SqlValue = f"{{who}} : ({question})"
    return Where(
        "person_id IN (SELECT p.id FROM people_words w JOIN people p ON p.n = w.rowid WHERE people_words MATCH ?)",
        (matching,),
    )
