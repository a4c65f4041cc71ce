"""Who did what to a campaign, and when, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.audit import repository as audit
from crm.audit.entities import AuditEntry
from crm.staff import names

SHOWN = 20
ICONS = {"paused": "pause", "resumed": "send", "started": "send", "cancelled": "stop", "drafted": "edit"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done. `note` says more where there is more to say."""

    icon: str
    what: str
    note: str
    by: str
    at: datetime


def of(campaign_id: str) -> Sequence[Step]:
    """Return what was done to a campaign."""
    entries = audit.history("campaign", campaign_id, SHOWN)
    called = names.of({entry.actor for entry in entries})
    return [_step(entry, called) for entry in entries]


def _step(entry: AuditEntry, called: Mapping[str, str]) -> Step:
    what = entry.action.replace("-", " ").replace("_", " ").capitalize()
    note = str(entry.after.get("stop_reason") or "")
    return Step(ICONS.get(entry.action, "clock"), what, note, called[entry.actor], entry.at)
