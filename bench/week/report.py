"""The tables of a run: what happened, what was compared, and each figure that differs."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bench.week.check import Check
from bench.week.count import Ask, Count
from bench.week.week import Week

_SHOWN = 50


def told(check: Check, count: Count, week: Week, facts: Mapping[str, Any]) -> str:
    """Write the report as Markdown."""
    groups = [f"| {group} | {number:,} | {_differing(check, group)} |" for group, number in check.figures.items()]
    total = f"| all | {sum(check.figures.values()):,} | {len(check.differences)} |"
    table = ["\n| compared with the count | figures | differences |", "|---|---|---|", *groups, total]
    differences = [f"- {one}" for one in check.differences[:_SHOWN]]
    more = len(check.differences) - _SHOWN
    return "\n".join([*_happened(count, week, facts), *table, "", *differences, *([f"- and {more} more"] * (more > 0))])


def _differing(check: Check, group: str) -> int:
    return sum(one.group == group for one in check.differences)


def _happened(count: Count, week: Week, facts: Mapping[str, Any]) -> list[str]:
    rows, diary = count.rows, week.diary
    mails = Counter(mail.state for mail in rows.mails if mail.campaign_id)
    others = sum(not mail.campaign_id for mail in rows.mails)
    places = Counter(place.status for place in rows.places)
    reasons = Counter(deed.why or "human" for deed in rows.deeds)
    figures = count.figures(Ask())
    machines = {
        kind: len(everybody - humans)
        for kind, everybody, humans in (
            ("opened", diary.opened_all, diary.opened),
            ("clicked in", diary.clicked_all, diary.clicked),
        )
    }
    after = len(diary.clicked & diary.clicked_all)
    return [
        "\n### What happened",
        f"- {len(rows.campaigns)} campaigns, {sum(mails.values()):,} mails ({_words(mails)}), {others:,} mails about "
        f"registrations; {figures['delivered']:,} delivered, {figures['bounced']} bounced, {figures['complained']} "
        f"complained, {figures['unsubscribed']} unsubscribed; at SES: {_words(facts)}",
        f"- {len(rows.deeds):,} opens, clicks and unsubscribes: {_words(reasons)}",
        f"- met by machines only: {_words(machines)}; clicked by people after machines: {after}; "
        f"told apart: {'all' if _is_told_apart(count, week) else 'NOT ALL'}",
        f"- {len(rows.places):,} registrations: {_words(places)}, {sum(one.attended for one in rows.places)} attended",
    ]


def _is_told_apart(count: Count, week: Week) -> bool:
    """Whether no machine was taken for a human, nor a human for a machine."""
    for kind, humans in (("opened", week.diary.opened), ("clicked", week.diary.clicked)):
        if {mail.id for mail in count.rows.mails if kind in count.deeds_of(mail.id)} != humans:
            return False
    return True


def _words(numbers: Mapping[str, Any]) -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in numbers.items())
