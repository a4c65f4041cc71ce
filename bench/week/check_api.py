"""The API's analytics, beside the count."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from bench.week import periods
from bench.week.browser import Answer
from bench.week.check import Check
from bench.week.count import FIGURES, PARAMETERS, STATES, Ask, Count

Api = Callable[[str], Answer]


def grouped(check: Check, count: Count, ask: Ask, get: Api, given: Mapping[str, str], *, group: Sequence[str]) -> None:
    """Compare what the API answers to a grouping."""
    name = f"/analytics?{urlencode({**given, 'group_by': ','.join(group)})}"
    answer = json.loads(get(name).body)
    found = {tuple(row["keys"][key] for key in group): row["figures"] for row in answer["rows"]}
    wanted = {key: _of_group(count, ask, group, key) for key in count.keys(ask, group)}
    wanted = {key: figures for key, figures in wanted.items() if any(figures[one] for one in FIGURES)}
    check.same(name, "rows", "keys", sorted(wanted), sorted(found))
    for key in wanted.keys() & found.keys():
        for figure in FIGURES:
            check.same(name, " / ".join(key), figure, wanted[key][figure], found[key][figure])
    total = count.figures(ask)
    for figure in FIGURES:
        check.same(name, "total", figure, total[figure], answer["total"][figure])


def _of_group(count: Count, ask: Ask, group: Sequence[str], key: Sequence[str]) -> dict[str, int]:
    wanted = dict(zip(group, key, strict=True))
    if wanted.get("campaign_id") == "":
        # No question asks for rows of no campaign: they are what the campaigns leave.
        rest = {name: value for name, value in wanted.items() if name != "campaign_id"}
        whole = count.figures(ask.but(utm={**ask.utm, **rest}))
        for ours in count.rows.campaigns:
            of_one = count.figures(ask.but(utm={**ask.utm, **rest}, campaign_id=ours))
            whole = {name: number - of_one[name] for name, number in whole.items()}
        return whole
    ours = wanted.pop("campaign_id", ask.campaign_id)
    return count.figures(ask.but(utm={**ask.utm, **wanted}, campaign_id=ours))


def series(check: Check, count: Count, ask: Ask, get: Api, *, zone: ZoneInfo, interval: str) -> None:
    """Compare the API's series: every stretch that has a number, and nothing in the others."""
    given = {"interval": interval, "timezone": zone.key, "model": ask.model, "traffic": ask.traffic}
    name = f"/analytics?{urlencode(given)}"
    answer = json.loads(get(name).body)
    for point in answer["series"]:
        start = datetime.fromisoformat(point["start"])
        end = periods.end(start, interval, zone)
        check.same(name, point["start"], "is a start", start, periods.begin(start, interval, zone))
        figures = count.figures(ask.but(since=start, before=end))
        for figure in FIGURES:
            check.same(name, point["start"], figure, figures[figure], point["figures"][figure])
    whole = count.figures(ask)
    for figure in FIGURES:
        check.same(name, "all points", figure, whole[figure], sum(one["figures"][figure] for one in answer["series"]))


def plain(check: Check, count: Count, get: Api, given: Mapping[str, str], ask: Ask) -> None:
    """Compare the seed's own call: mails by state."""
    name = f"/analytics?{urlencode(given)}"
    answer = json.loads(get(name).body)
    found = {tuple(row[key] for key in PARAMETERS): row for row in answer["rows"]}
    wanted = {
        key: count.figures(ask.but(utm=dict(zip(PARAMETERS, key, strict=True)))) for key in count.keys(ask, PARAMETERS)
    }
    wanted = {key: figures for key, figures in wanted.items() if figures["total"]}
    check.same(name, "rows", "keys", sorted(wanted), sorted(found))
    rows = {**{key: (wanted[key], found[key]) for key in wanted.keys() & found.keys()}}
    rows[("summary",)] = (count.figures(ask), answer["summary"])
    for key, (figures, row) in rows.items():
        for figure in ("sent", "failed", "pending", "held", "skipped", "cancelled", "total"):
            check.same(name, " / ".join(key), figure, figures[figure], row[figure])
        for state in STATES:
            check.same(name, " / ".join(key), f"state {state}", figures[f"state:{state}"], row["states"][state])
