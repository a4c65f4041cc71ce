"""The independent count: every figure, from the rows of DynamoDB alone. No line of the product has a part in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bench.week.rows import Deed, Mail, Place, Rows, Touch

PARAMETERS = ("utm_source", "utm_medium", "utm_campaign")
STATES = ("sent", "pending", "sending", "unknown", "held", "failed", "skipped", "cancelled")
OPEN = ("pending", "sending", "unknown")
OUTCOMES = ("delivered", "bounced", "complained")
OF_MAILS = (
    *("sent", "delivered", "opened", "clicked", "unsubscribed", "bounced", "complained"),
    *("failed", "pending", "held", "skipped", "cancelled"),
)
OF_PLACES = ("registered", "attended")
FIGURES = (*OF_MAILS, *OF_PLACES)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question. `utm` holds the parameters asked for, '' for rows without one; empty texts mean any."""

    utm: Mapping[str, str] = field(default_factory=dict)
    campaign_id: str = ""
    event_id: str = ""
    since: datetime | None = None
    before: datetime | None = None
    traffic: str = "human"
    model: str = "last"

    def but(self, **given: Any) -> "Ask":  # noqa: ANN401 - its own fields
        """Return the same question but for this."""
        return replace(self, **given)


class Count:
    """Counts rows. What was done with each mail is put beside it once."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._deeds: dict[str, set[str]] = defaultdict(set)
        self._known: dict[str, dict[str, int]] = {}
        for deed in rows.deeds:
            self._deeds[deed.mail_id] |= _named(deed)

    def figures(self, ask: Ask) -> dict[str, int]:
        """Return figure -> number, `total` and the detail of the open states (`state:…`) among them."""
        key = repr((sorted(ask.utm.items()), replace(ask, utm={})))
        if key not in self._known:
            self._known[key] = self._figures(ask)
        return dict(self._known[key])

    def _figures(self, ask: Ask) -> dict[str, int]:
        found = self._of_mails(self.mails(ask), ask.traffic)
        places = list(self.places(ask))
        placed = [one for one in places if one.status == "registered" and _is_within(one.registered_at, ask)]
        found["registered"] = len(placed)
        found["attended"] = sum(one.attended for one in placed)
        # Who waits, waits now: no period has a say in that.
        found["waiting"] = sum(one.status == "waitlisted" for one in places)
        return found

    def mails(self, ask: Ask) -> Iterable[Mail]:
        """Return the mails that came into their state within the period."""
        wanted = dict(ask.utm)
        for mail in self.rows.mails:
            given = dict(zip(PARAMETERS, mail.utm, strict=True))
            is_meant = all(given[name] == value for name, value in wanted.items())
            if is_meant and ask.campaign_id in ("", mail.campaign_id) and _is_within(mail.state_at, ask):
                yield mail

    def places(self, ask: Ask) -> Iterable[Place]:
        """Return the registrations that the model's touch credits to what is asked for, whatever their status."""
        for place in self.rows.places:
            *given, ours = touch(place, ask.model)
            known = dict(zip(PARAMETERS, given, strict=True))
            is_meant = all(known[name] == value for name, value in ask.utm.items())
            if is_meant and ask.campaign_id in ("", ours) and ask.event_id in ("", place.event_id):
                yield place

    def keys(self, ask: Ask, names: Sequence[str]) -> set[tuple[str, ...]]:
        """Return the combinations of these dimensions that any row of a question has."""
        mails = {tuple(_of_mail(mail)[name] for name in names) for mail in self.mails(ask)}
        places = (place for place in self.places(ask) if place.status != "cancelled")
        return mails | {tuple(_of_touch(touch(place, ask.model))[name] for name in names) for place in places}

    def _of_mails(self, mails: Iterable[Mail], traffic: str) -> dict[str, int]:
        found: Counter[str] = Counter()
        end = "" if traffic == "human" else "_all"
        for mail in mails:
            found[f"state:{mail.state}"] += 1
            found["total"] += 1
            found[mail.outcome] += mail.outcome in OUTCOMES
            did = self._deeds.get(mail.id, set())
            found["opened"] += f"opened{end}" in did
            found["clicked"] += f"clicked{end}" in did
            found["unsubscribed"] += "unsubscribed" in did
        for state in ("sent", "failed", "held", "skipped", "cancelled"):
            found[state] = found[f"state:{state}"]
        found["pending"] = sum(found[f"state:{state}"] for state in OPEN)
        return {name: found[name] for name in (*OF_MAILS, "total", *(f"state:{state}" for state in STATES))}

    def links(self, ask: Ask) -> dict[tuple[str, int], dict[str, int]]:
        """Return campaign ('' : none) and link -> mails it was clicked in (`clicked`) and `clicks`, of clicked ones.

        Beside them of all the campaign's mails: how many were `delivered`, and in how many `any` link was clicked.
        """
        clicks: dict[str, Counter[int]] = defaultdict(Counter)
        for deed in self.rows.deeds:
            if deed.kind == "click" and (ask.traffic == "all" or not deed.why):
                clicks[deed.mail_id][deed.link] += 1
        found: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        whole: dict[str, Counter[str]] = defaultdict(Counter)
        for mail in self.mails(ask):
            whole[mail.campaign_id].update(delivered=mail.outcome == "delivered", any=mail.id in clicks)
            for link, number in clicks.get(mail.id, {}).items():
                found[mail.campaign_id, link].update(clicked=1, clicks=number)
        return {key: {**whole[key[0]], **numbers} for key, numbers in found.items()}

    def deeds_of(self, mail_id: str) -> set[str]:
        """Return what was done with a mail: opened, opened_all, clicked, clicked_all, unsubscribed."""
        return self._deeds.get(mail_id, set())


def touch(place: Place, model: str) -> Touch:
    """Return the touch that a model credits."""
    return place.first if model == "first" else place.last


def _named(deed: Deed) -> set[str]:
    if deed.kind == "unsubscribe":
        return {"unsubscribed"}
    name = {"open": "opened", "click": "clicked"}[deed.kind]
    return {f"{name}_all"} if deed.why else {name, f"{name}_all"}


def _of_mail(mail: Mail) -> dict[str, str]:
    return dict(zip(PARAMETERS, mail.utm, strict=True)) | {"campaign_id": mail.campaign_id}


def _of_touch(touch: Touch) -> dict[str, str]:
    return dict(zip((*PARAMETERS, "campaign_id"), touch, strict=True))


def _is_within(moment: datetime | None, ask: Ask) -> bool:
    if ask.since is None and ask.before is None:
        return True
    if moment is None:
        return False
    return (ask.since is None or moment >= ask.since) and (ask.before is None or moment < ask.before)
