"""Human or machine: the rules, each with the reason it gives.

Mail gateways fetch every link before anybody reads the mail, mail programs load its pictures in advance. Nothing is
dropped for that: a row is kept as it came, with the rule that calls it a machine's beside it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from crm.engagement.entities import CLICK, UNSUBSCRIBE, Engagement, Seen

HIDDEN, HEAD, PREFETCH, AGENT, EARLY, BURST = "honeypot", "head", "prefetch", "agent", "early", "burst"
# Done beside a click on the hidden link, by the same machine.
BESIDE = "beside-honeypot"
FLOOD = "flood"
REASONS = {
    HIDDEN: "Followed the link that nobody sees",
    BESIDE: "Followed the link that nobody sees, too",
    HEAD: "Asked for the head only",
    PREFETCH: "Loaded in advance",
    AGENT: "A known scanner",
    EARLY: "Less than 5 seconds after delivery",
    BURST: "Three links within 2 seconds",
    FLOOD: "More than 60 times within a minute",
}

EARLY_WITHIN = timedelta(seconds=5)
BURST_WITHIN = timedelta(seconds=2)
BURST_LINKS = 3
# Gateways take a second or more for each link and may come to the hidden one last, under one name all the while.
# Readers seldom click within the same half minute by a program of that very name; when they click later, it counts.
HIDDEN_WITHIN = timedelta(seconds=30)
# So far apart two things can say something of each other.
AROUND = max(BURST_WITHIN, HIDDEN_WITHIN)

# Parts of the names that mail gateways, link previews and fetching programs give themselves, in lower case.
_SCANNERS = (
    "barracuda",
    "bingpreview",
    "cisco",
    "cloudmark",
    "curl/",
    "facebookexternalhit",
    "fireeye",
    "forcepoint",
    "go-http-client",
    "headlesschrome",
    "ironport",
    "libwww",
    "mimecast",
    "okhttp",
    "phantomjs",
    "proofpoint",
    "python-",
    "safelinks",
    "skypeuripreview",
    "sophos",
    "symantec",
    "trendmicro",
    "urldefense",
    "wget",
    "whatsapp",
    "zscaler",
)
# Words that mean something else within other words: CUBOT makes telephones.
_WORDS = re.compile(
    r"(?<![a-z])(?:[a-z]*(?<!cu)bot|[a-z]*crawler|[a-z]*spider|[a-z]*preview|scan|scanner|java/|slack|discord|telegram)"
    r"(?![a-z])"
)
# Apple's Mail Privacy Protection loads every picture in advance, under this name and no other.
_PREFETCHES = frozenset({"mozilla/5.0"})


def of_one(seen: Seen, delivered_at: datetime | None) -> str:
    """Return why one thing by itself is a machine's, empty where it is a human's. None: not known to be delivered."""
    if seen.kind == UNSUBSCRIBE:
        # Somebody pressed a button, ours or the mail program's.
        return ""
    rules = (
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
    found = _around_hidden(ordered) | _in_bursts(ordered)
    return {row.id: found[row.id] for row in ordered if row.id in found and not row.why and row.kind != UNSUBSCRIBE}


def _in_bursts(ordered: Sequence[Engagement]) -> dict[str, str]:
    found: dict[str, str] = {}
    for first, start in enumerate(ordered):
        window = [row for row in ordered[first:] if row.at - start.at <= BURST_WITHIN]
        if len({row.link for row in window if row.kind == CLICK}) >= BURST_LINKS:
            found |= {row.id: BURST for row in window}
    return found


def _around_hidden(rows: Sequence[Engagement]) -> dict[str, str]:
    hits = [row for row in rows if row.why == HIDDEN]
    return {row.id: BESIDE for row in rows if any(_did(hit, row) for hit in hits)}


def _did(hit: Engagement, row: Engagement) -> bool:
    """Tell whether whoever followed the hidden link did this, too: side by side, under whatever name."""
    apart = abs(row.at - hit.at)
    return apart <= BURST_WITHIN or (apart <= HIDDEN_WITHIN and row.agent == hit.agent)


def _is_scanner(agent: str) -> bool:
    name = agent.strip().lower()
    return not name or any(part in name for part in _SCANNERS) or _WORDS.search(name) is not None
