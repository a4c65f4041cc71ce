"""Every figure of every page, of the API and of the files, beside the count; and every number beside its rows."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bench.week import check_analytics, check_api, check_links, check_pages, check_script, check_utm, periods
from bench.week.check import Check
from bench.week.check_api import Api
from bench.week.count import FIGURES, PARAMETERS, Ask, Count
from bench.week.week import Week

UTC_ZONE = ZoneInfo("UTC")
# Viewers far west and east, one of them half an hour off.
ZONES = (UTC_ZONE, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata"))
_TRAFFIC, _MODELS = ("human", "all"), ("last", "first")
_GROUPS = (
    PARAMETERS,
    ("utm_source",),
    ("utm_medium", "utm_campaign"),
    ("campaign_id",),
    (*PARAMETERS, "campaign_id"),
    (),
)


def everything(check: Check, count: Count, week: Week, get: Api, now: datetime) -> None:
    """Compare all there is."""
    check.begin("the script's own account")
    check_script.deeds(check, count, week.diary)
    check_script.credited(check, count, week.diary, week.events)
    for zone in ZONES:
        check.staff.cookies["tz"] = ("/", zone.key)
        _of_zone(check, count, week, now, zone)
    _of_api(check, count, week, get)
    check.begin("campaigns' pages and the API's campaigns")
    check_pages.campaigns(check, count)
    for one in count.rows.campaigns.values():
        check_pages.campaign(check, count, one, get)
        check_links.of_campaign(check, count, one)
    check.begin("events' pages and the API's events")
    for event in count.rows.events.values():
        check_pages.event(check, count, event, get)
    check.begin("analytics: People, with CSV")
    check_analytics.people(check, count)


def _of_zone(check: Check, count: Count, week: Week, now: datetime, zone: ZoneInfo) -> None:
    check.begin("analytics: UTM, with CSV")
    # All of it once; for other clocks what depends on them.
    spans = ("all", "7", "1") if zone == UTC_ZONE else ("7", "1")
    for given in _questions(week, spans):
        ask = asked(given, now, zone)
        check_utm.page(check, count, ask, given)
        check_utm.file(check, count, ask, given)
    check.begin("analytics: Funnel, with CSV")
    for given in _questions(week, spans[:2]):
        for more in ({}, {"event": week.events["summit"]}):
            check_analytics.funnel(check, count, asked(given | more, now, zone), given | more)
    check.begin("analytics: Time, with CSV")
    for measure, traffic, (span, per) in itertools.product(
        FIGURES, _TRAFFIC if zone == UTC_ZONE else ("human",), (("1", "hour"), ("7", "day"), ("30", "week"))
    ):
        given = {"measure": measure, "traffic": traffic, "period": span, "per": per, "model": "first"}
        check_analytics.time(check, count, asked(given, now, zone), given, now=now, zone=zone)
    check.begin("analytics: Links, with CSV")
    for given in _questions(week, spans):
        check_links.page(check, count, asked(given, now, zone), given)
        check_links.file(check, count, asked(given, now, zone), given)
    check.begin("analytics: Events, with CSV")
    for given in _questions(week, spans):
        for more in ({}, {"event": week.events["summit"]}):
            check_analytics.events(check, count, asked(given | more, now, zone), given | more)
    check.begin("home")
    check_pages.home(check, count, now, zone)


def _questions(week: Week, spans: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield what the pages are asked: whose clicks, which touch, when; a source, and a campaign of ours."""
    for span, traffic, model in itertools.product(spans, _TRAFFIC, _MODELS):
        yield {"period": span, "traffic": traffic, "model": model}
    yield {"period": spans[0], "utm_source": "newsletter", "utm_medium": "email"}
    yield {"period": spans[0], "campaign_id": week.campaigns["June reminder"], "model": "first"}


def asked(given: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Ask:
    """Return the question that a page's parameters put, on a viewer's clock."""
    since, before = periods.period(given["period"], now, zone)
    return Ask(
        utm={name: given[name] for name in PARAMETERS if name in given},
        campaign_id=given.get("campaign_id", ""),
        event_id=given.get("event", ""),
        since=since,
        before=before,
        traffic=given.get("traffic", "human"),
        model=given.get("model", "last"),
    )


def _of_api(check: Check, count: Count, week: Week, get: Api) -> None:
    check.begin("API: /analytics")
    for traffic, model, group in itertools.product(_TRAFFIC, _MODELS, _GROUPS):
        ask = Ask(traffic=traffic, model=model)
        check_api.grouped(check, count, ask, get, {"traffic": traffic, "model": model}, group=group)
    one = week.campaigns["June reminder"]
    check_api.grouped(check, count, Ask(campaign_id=one), get, {"campaign_id": one}, group=PARAMETERS)
    newsletter = {"utm_source": "newsletter"}
    check_api.grouped(check, count, Ask(utm=newsletter), get, newsletter, group=("utm_campaign",))
    for zone, interval, traffic in itertools.product(ZONES, ("hour", "day", "week"), _TRAFFIC):
        check_api.series(check, count, Ask(traffic=traffic, model="first"), get, zone=zone, interval=interval)
    for given in ({"traffic": "all"}, {}, {"traffic": "all", **newsletter}, {"traffic": "all", "campaign_id": one}):
        utm = {name: value for name, value in given.items() if name in PARAMETERS}
        ask = Ask(utm=utm, campaign_id=given.get("campaign_id", ""), traffic=given.get("traffic", "human"))
        check_links.api(check, count, ask, get, given)
    check_api.plain(check, count, get, {}, Ask())
    check_api.plain(check, count, get, newsletter, Ask(utm=newsletter))
