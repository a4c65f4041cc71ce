"""The AnalyticsStore on SQLite: sums over the roll-ups, and over rows for the edges that cut a quarter hour."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from crm.analytics import sqlite_places, sqlite_recount, sqlite_sources
from crm.analytics.answers import MAX_VALUES, Answers
from crm.analytics.sqlite_sources import Source
from crm.analytics.store import (
    OUTCOMES,
    STATES,
    CampaignEngagement,
    MailEngagement,
    Mismatch,
    Question,
)
from crm.core import errors
from crm.core.utm import PARAMETERS
from crm.search import mail_links
from crm.search.sqlite_connection import Database
from crm.search.sqlite_tallies import EVER


class SqliteAnalyticsStore(Answers):
    """Reads the file that the search store writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def campaign_engagement(self, campaign_id: str) -> CampaignEngagement:
        sql = "SELECT kind, people, everybody, total FROM engagement_sums WHERE campaign_id = ?"
        with self._database.read() as connection:
            sums = {kind: tuple(numbers) for kind, *numbers in connection.execute(sql, (campaign_id,))}
        opened, opened_all, opens = sums.get("open", (0, 0, 0))
        clicked, clicked_all, clicks = sums.get("click", (0, 0, 0))
        _, unsubscribed, _ = sums.get("unsubscribe", (0, 0, 0))
        return CampaignEngagement(opened, opened_all, opens, clicked, clicked_all, clicks, unsubscribed)

    def mail_engagement(self, mail_ids: Sequence[str]) -> Mapping[str, MailEngagement]:
        sql = "SELECT mail, kind, human, total FROM engaged WHERE mail IN (SELECT value FROM json_each(?))"
        found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        with self._database.read() as connection:
            for mail, kind, human, total in connection.execute(sql, (json.dumps(list(mail_ids)),)):
                found[mail][kind] = (human, total)
        none = (0, 0)
        return {
            mail: MailEngagement(*did.get("open", none), *did.get("click", none), did.get("unsubscribe", none)[1])
            for mail, did in found.items()
        }

    def campaign_outcomes(self, campaign_id: str) -> Mapping[str, int]:
        sql = "SELECT outcome, is_hard_bounce, count FROM outcomes WHERE campaign_id = ?"
        counts = dict.fromkeys((*OUTCOMES, "hard_bounced"), 0)
        with self._database.read() as connection:
            for outcome, is_hard_bounce, count in connection.execute(sql, (campaign_id,)):
                counts[outcome] += count
                counts["hard_bounced"] += count if is_hard_bounce else 0
        return counts

    def mismatches(self) -> Sequence[Mismatch]:
        with self._database.read() as connection:
            return sqlite_recount.mismatches(connection)

    def values(self, dimension: str) -> Sequence[str]:
        if dimension not in PARAMETERS:
            raise errors.Invalid({dimension: "There is no such dimension."})
        sql = (
            f"SELECT {dimension} FROM tallies WHERE bucket = ? AND {dimension} > '' "
            "AND measure IN (SELECT value FROM json_each(?)) GROUP BY 1 ORDER BY sum(count) DESC, 1 LIMIT ?"
        )
        counted = json.dumps([*STATES, "registered_first", "registered_last"])
        with self._database.read() as connection:
            return [value for (value,) in connection.execute(sql, (EVER, counted, MAX_VALUES))]

    def _sums(self, question: Question, keys: Sequence[str], measures: Sequence[str] = ()) -> Counter[tuple[str, ...]]:
        return self._added(sqlite_sources.counts(question, keys, measures))

    def _moments(self, question: Question, measures: Sequence[str], step: int) -> Counter[tuple[str, ...]]:
        return self._added(sqlite_sources.moments(question, measures, step))

    def _linked(self, question: Question) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        with self._database.read() as connection:
            for sql, values in sqlite_sources.links(question):
                for campaign, link, *numbers in connection.execute(sql, values):
                    for measure, number in zip(mail_links.MEASURES, numbers, strict=True):
                        sums[campaign, str(link), measure] += number
        return sums

    def _placed(
        self, question: Question, touch: str, keys: Sequence[str], event_id: str, step: int = 1
    ) -> Counter[tuple[str, ...]]:
        return self._added(sqlite_places.places(question, touch, keys, event_id, step))

    def _added(self, sources: Sequence[Source]) -> Counter[tuple[str, ...]]:
        """Return combination of keys -> number, summed over queries that read one snapshot."""
        sums: Counter[tuple[str, ...]] = Counter()
        with self._database.read() as connection:
            for sql, values in sources:
                for *key, count in connection.execute(sql, values):
                    sums[tuple(key)] += count
        return sums
