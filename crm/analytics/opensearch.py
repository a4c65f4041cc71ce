"""The AnalyticsStore on OpenSearch: aggregations over the mails themselves, and over what was done with them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import batched

from crm.analytics.answers import MAX_VALUES, Answers
from crm.analytics.store import OUTCOMES, CampaignEngagement, MailEngagement, Mismatch, Question
from crm.core import errors
from crm.core.utm import PARAMETERS
from crm.search import credit_keys
from crm.search import opensearch_mappings as mappings
from crm.search.documents import HUMAN, TOUCHES
from crm.search.opensearch import OpenSearchStore
from crm.search.opensearch_client import Json
from crm.search.opensearch_counts import by_terms
from crm.search.opensearch_deeds import having_deeds, of_mails
from crm.search.opensearch_query import Query, any_of, equal, every, living, within
from crm.search.sqlite_rollups import DEEDS, SKIPPED_FOR
from crm.search.sqlite_tallies import BUCKET

# Each is asked about twice, and OpenSearch bounds the parts of one question.
_LINKS_AT_ONCE = 100
_KINDS = ("open", "click", "unsubscribe")


class OpenSearchAnalyticsStore(Answers):
    """Asks the index that the search store writes. What a question costs grows with the mails that it counts."""

    def __init__(self, store: OpenSearchStore) -> None:
        self._store = store

    def campaign_engagement(self, campaign_id: str) -> CampaignEngagement:
        human = {f"{kind} people": _mails(campaign_id, kind, equal("verdict", HUMAN)) for kind in _KINDS}
        everybody = {f"{kind} all": _mails(campaign_id, kind) for kind in _KINDS}
        total = {f"{kind} total": _deeds(equal("campaign_id", campaign_id), equal("kind", kind)) for kind in _KINDS}
        found = self._store.count({**human, **everybody, **total})
        return CampaignEngagement(
            opened=found["open people"],
            opened_all=found["open all"],
            opens=found["open total"],
            clicked=found["click people"],
            clicked_all=found["click all"],
            clicks=found["click total"],
            unsubscribed=found["unsubscribe all"],
        )

    def mail_engagement(self, mail_ids: Sequence[str]) -> Mapping[str, MailEngagement]:
        keys = {name: by_terms(name) for name in ("mail_id", "kind", "verdict")}
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (mail, kind, verdict), count in self._store.counts(_deeds(any_of("mail_id", set(mail_ids))), keys):
            found[mail][f"{kind} all"] += count
            found[mail][f"{kind} human"] += count if verdict == HUMAN else 0
        names = ("open human", "open all", "click human", "click all", "unsubscribe all")
        return {mail: MailEngagement(*(did[name] for name in names)) for mail, did in found.items()}

    def campaign_outcomes(self, campaign_id: str) -> Mapping[str, int]:
        # A mail of no campaign is nobody's here.
        mine = every([living("deliveries"), any_of("campaign_id", {campaign_id} - {""})])
        asked = {outcome: every([mine, equal("outcome", outcome)]) for outcome in OUTCOMES}
        return self._store.count({**asked, "hard_bounced": every([mine, equal("is_hard_bounce", True)])})

    def mismatches(self) -> Sequence[Mismatch]:
        # Nothing is rolled up: every question counts the rows.
        return ()

    def values(self, dimension: str) -> Sequence[str]:
        if dimension not in PARAMETERS:
            raise errors.Invalid({dimension: "There is no such dimension."})
        placed = every([living("registrations"), equal("status", "registered")])
        asked = [(placed, credit_keys.name(touch, dimension)) for touch in TOUCHES]
        sums: Counter[str] = Counter()
        for which, key in [(living("deliveries"), dimension), *asked]:
            sums.update(
                {str(value): count for (value,), count in self._store.counts(which, {key: by_terms(key)}) if value}
            )
        return sorted(sums, key=lambda value: (-sums[value], value))[:MAX_VALUES]

    def _sums(
        self,
        question: Question,
        keys: Sequence[str],
        measures: Sequence[str] = (),  # noqa: ARG002 - one aggregation counts them all
    ) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        matching, own = _matching(question), ("state", "reason", "outcome")
        for (*place, state, reason, outcome), count in self._store.counts(matching, _sources([*keys, *own])):
            for measure in (state, f"{SKIPPED_FOR}{_text(reason)}" if state == "skipped" else "", outcome):
                if measure:
                    sums[*map(_text, place), measure] += count
        for measure, deed in _DEEDS.items():
            for values, count in self._store.counts(every([matching, deed]), _sources([*keys, "table"])):
                sums[*map(_text, values[:-1]), measure] += count
        for touch in TOUCHES:
            self._add_credits(sums, question, keys, touch)
        return sums

    def _moments(self, question: Question, measures: Sequence[str], step: int) -> Counter[tuple[str, ...]]:  # noqa: ARG002
        return self._sums(question, ("bucket",), measures)

    def _add_credits(self, sums: Counter[tuple[str, ...]], question: Question, keys: Sequence[str], touch: str) -> None:
        when = within("registered_at", question.since, question.before)
        matching = every([equal("status", "registered"), when, *_credited(question, touch)])
        sources = {**_credit_sources(touch, keys), "attended": by_terms("attended")}
        for (*place, attended), count in self._store.counts(matching, sources):
            for measure in ("registered", *(["attended"] if attended else [])):
                sums[*map(_text, place), f"{measure}_{touch}"] += count

    def _linked(self, question: Question) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        clicks = _deeds(equal("kind", "click"), of_mails(_matching(question)))
        keys = {name: by_terms(name) for name in ("campaign_id", "link", "verdict")}
        for (campaign, link, verdict), number in self._store.counts(clicks, keys):
            for measure in ("clicks_all", *(["clicks"] if verdict == HUMAN else [])):
                sums[_text(campaign), str(link), measure] += number
        for some in batched(sorted({key[:2] for key in sums}), _LINKS_AT_ONCE):
            self._add_clicked(sums, question, some)
        return sums

    def _add_clicked(
        self, sums: Counter[tuple[str, ...]], question: Question, links: Sequence[tuple[str, ...]]
    ) -> None:
        """Count the mails in which each of these links was clicked."""
        asked: dict[str, Query] = {}
        for place, (campaign, link) in enumerate(links):
            mine = every([_matching(question), equal("campaign_id", campaign)])
            for measure, by_human in (("clicked", True), ("clicked_all", False)):
                asked[f"{place} {measure}"] = every(
                    [mine, having_deeds("click", equal("link", int(link)), by_human=by_human)]
                )
        for name, number in self._store.count(asked).items():
            which, measure = name.split()
            sums[*links[int(which)], measure] = number

    def _placed(
        self,
        question: Question,
        touch: str,
        keys: Sequence[str],
        event_id: str,
        step: int = 1,  # noqa: ARG002 - quarter hours will do
    ) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        here = [*_credited(question, touch), *([equal("event_id", event_id)] if event_id else [])]
        placed = [*here, equal("status", "registered"), within("registered_at", question.since, question.before)]
        asked = {"registered": placed, "attended": [*placed, equal("attended", 1)]}
        if "bucket" not in keys:
            asked["waitlisted"] = [*here, equal("status", "waitlisted")]
        sources = {**_credit_sources(touch, keys), "table": by_terms("table")}
        for measure, which in asked.items():
            for values, count in self._store.counts(every(which), sources):
                sums[*map(_text, values[:-1]), f"{measure}_{touch}"] += count
        return sums


def _credited(question: Question, touch: str) -> list[Query]:
    """Return the parts of the query for registrations that a touch led to."""
    wanted = [
        equal(credit_keys.name(touch, name), value)
        for name in (*PARAMETERS, "campaign_id")
        if (value := getattr(question, name))
    ]
    return [living("registrations"), *wanted]


def _credit_sources(touch: str, keys: Sequence[str]) -> dict[str, Json]:
    own: dict[str, Json] = {"bucket": _in_steps("registered_at"), "event_id": by_terms("event_id")}
    return {key: own[key] if key in own else by_terms(credit_keys.name(touch, key)) for key in keys}


def _in_steps(field: str) -> Json:
    return {"histogram": {"field": field, "interval": BUCKET}}


_DEEDS = {
    measure: having_deeds(kind, by_human=is_human)
    for kind, pair in DEEDS.items()
    for measure, is_human in zip(pair, (True, False), strict=True)
    if measure
}


def _sources(keys: Sequence[str]) -> dict[str, Json]:
    return {key: _in_steps("state_at") if key == "bucket" else by_terms(key) for key in keys}


def _text(value: object) -> str:
    """Return a key as the roll-ups have it: what is not there is empty, a time is its quarter hour."""
    if isinstance(value, float):
        return str(int(value) // BUCKET)
    return "" if value is None else str(value)


def _matching(question: Question) -> Query:
    wanted = [equal(name, value) for name in (*PARAMETERS, "campaign_id") if (value := getattr(question, name))]
    return every([living("deliveries"), within("state_at", question.since, question.before), *wanted])


def _deeds(*which: Query) -> Query:
    return every([living("engagements"), *which])


def _mails(campaign_id: str, kind: str, *which: Query) -> Query:
    """Return the query for mails of a campaign with which something was done, known or not."""
    deed = _deeds(equal("campaign_id", campaign_id), equal("kind", kind), *which)
    return {"has_child": {"type": mappings.ENGAGEMENT, "query": deed}}
