"""Human or machine: the rules, each with the reason it gives.

Mail gateways fetch every link before anybody reads the mail, mail programs load its pictures in advance. Nothing is
dropped for that: a row is kept as it came, with the rule that calls it a machine's beside it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from crm.engagement.entities import CLICK, UNSUBSCRIBE, Engagement, Seen

FLAGGED, HIDDEN, HEAD, PREFETCH, AGENT, EARLY, BURST = "ses", "honeypot", "head", "prefetch", "agent", "early", "burst"
REASONS = {
    FLAGGED: "SES says so",
    HIDDEN: "Followed the link that nobody sees",
    HEAD: "Asked for the head only",
    PREFETCH: "Loaded in advance",
    AGENT: "A known scanner",
    EARLY: "Less than 5 seconds after delivery",
    BURST: "Three links within 2 seconds",
}

EARLY_WITHIN = timedelta(seconds=5)
BURST_WITHIN = timedelta(seconds=2)
BURST_LINKS = 3

# Parts of the names that mail gateways, link previews and fetching programs give themselves, in lower case.
_SCANNERS = (
    "barracuda",
    "bingpreview",
    "bot",
    "cisco",
    "cloudmark",
    "crawler",
    "curl/",
    "discord",
    "facebookexternalhit",
    "fireeye",
    "forcepoint",
    "go-http-client",
    "headlesschrome",
    "ironport",
    "java/",
    "libwww",
    "mimecast",
    "okhttp",
    "phantomjs",
    "preview",
    "proofpoint",
    "python-",
    "safelinks",
    "scan",
    "skypeuripreview",
    "slack",
    "sophos",
    "spider",
    "symantec",
    "telegram",
    "trendmicro",
    "urldefense",
    "wget",
    "whatsapp",
    "zscaler",
)
# Apple's Mail Privacy Protection loads every picture in advance, under this name and no other.
_PREFETCHES = frozenset({"mozilla/5.0"})


def of_one(seen: Seen, delivered_at: datetime | None) -> str:
    """Return why one thing by itself is a machine's, empty where it is a human's. None: not known to be delivered."""
    if seen.kind == UNSUBSCRIBE:
        # Somebody pressed a button, ours or the mail program's.
        return ""
    rules = (
        (FLAGGED, seen.is_flagged),
        (HIDDEN, seen.is_hidden),
        (HEAD, seen.is_head),
        (PREFETCH, seen.is_prefetch or seen.agent.strip().lower() in _PREFETCHES),
        (AGENT, _is_scanner(seen.agent)),
        (EARLY, delivered_at is not None and is_early(seen.at, delivered_at)),
    )
    return next((why for why, holds in rules if holds), "")


def is_early(at: datetime, delivered_at: datetime) -> bool:
    """Tell whether nobody could have read the mail by then."""
    return at - delivered_at < EARLY_WITHIN


def of_several(rows: Iterable[Engagement]) -> dict[str, str]:
    """Return id -> reason for those of one mail's rows that their neighbours in time show to be a machine's.

    Who follows three links within two seconds, or the hidden one, did all of it: its first click too, and the opening
    in between. Rows that are a machine's already are left out.
    """
    ordered = sorted(rows, key=lambda row: row.at)
    found: dict[str, str] = {}
    for first, start in enumerate(ordered):
        window = [row for row in ordered[first:] if row.at - start.at <= BURST_WITHIN]
        why = _of_window(window)
        if why:
            found |= {row.id: why for row in window if not row.why and row.kind != UNSUBSCRIBE}
    return found


def _of_window(window: Sequence[Engagement]) -> str:
    clicks = [row for row in window if row.kind == CLICK]
    if len({row.link for row in clicks}) >= BURST_LINKS:
        return BURST
    return HIDDEN if any(row.why == HIDDEN for row in clicks) else ""


def _is_scanner(agent: str) -> bool:
    name = agent.strip().lower()
    return not name or any(part in name for part in _SCANNERS)
