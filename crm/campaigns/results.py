"""What came of a campaign's mails: SES's news of them and what people did, each number with the address of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from crm.analytics import addresses, columns, deeds
from crm.analytics import engine as analytics
from crm.analytics.columns import HUMAN, LAST
from crm.analytics.store import CampaignEngagement, Question
from crm.campaigns.progress import Progress
from crm.deliveries import health

DELIVERED, DELAYED, REJECTED, BOUNCED, COMPLAINED = "delivered", "delayed", "rejected", "bounced", "complained"
# How the address of a list asks for those of whom SES told nothing yet.
UNHEARD = "none"
OUTCOMES = {
    DELIVERED: "Delivered",
    BOUNCED: "Bounced",
    COMPLAINED: "Complained",
    DELAYED: "Delayed",
    REJECTED: "Rejected",
    UNHEARD: "No news yet",
}


@dataclass(frozen=True, slots=True)
class Result:
    """A number of people. `share` says of how many, in words; `raw` counts machines, too, None where nothing does."""

    state: str
    label: str
    mails: int
    url: str
    share: str = ""
    raw: int | None = None
    raw_url: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """What makes a campaign pause itself: more than `most` of it; `number` is what there is now."""

    number: int
    most: int


@dataclass(frozen=True, slots=True)
class Results:
    """`steps` lead from the call to the click, and on to the seat, each drawn as a part of `most`; `troubles` are what
    went wrong on the way.

    `bounces` (hard ones) and `complaints`: how near the campaign is to pausing itself.
    """

    most: int
    steps: Sequence[Result]
    troubles: Sequence[Result]
    bounces: Limit
    complaints: Limit


def of(progress: Progress, outcomes: Mapping[str, int]) -> Results:
    """Return what came of a campaign's mails, as the read model has it."""
    did = analytics.store().campaign_engagement(progress.id)
    sent, delivered = progress.sent, outcomes.get(DELIVERED, 0)
    steps = [
        Result("sent", "Sent", sent, progress.of("sent").url, "accepted by SES"),
        _outcome(progress.id, DELIVERED, delivered, _share(delivered, sent, "sent")),
        _deed(progress.id, "opened", did.opened, did.opened_all, delivered),
        _deed(progress.id, "clicked", did.clicked, did.clicked_all, delivered),
        *_seats(progress.id),
    ]
    bounces = Limit(outcomes.get("hard_bounced", 0), int(health.MOST_BOUNCED * max(sent, health.FIRST_MAILS)))
    complaints = Limit(outcomes.get(COMPLAINED, 0), int(health.MOST_COMPLAINED * max(sent, health.FIRST_COMPLAINTS)))
    return Results(sent, steps, _troubles(progress.id, sent, outcomes, did), bounces, complaints)


def _seats(campaign_id: str) -> Sequence[Result]:
    """Return who registered by this campaign's mail, as the last thing that led them there, and who of them came."""
    question = Question(campaign_id=campaign_id)
    counts, known = analytics.store().summary(question), {one.name: one for one in columns.columns(HUMAN, LAST)}
    numbers = {name: known[name].of(counts) for name in ("registered", "attended")}
    placed, came = (
        Result(name, known[name].label, number, addresses.rows(question, known[name].query, page="registrations"))
        for name, number in numbers.items()
    )
    return replace(placed, share="by this campaign, as their last touch"), replace(
        came, share=_share(came.mails, placed.mails, "registered")
    )


def _troubles(campaign_id: str, sent: int, outcomes: Mapping[str, int], did: CampaignEngagement) -> Sequence[Result]:
    numbers = {name: outcomes.get(name, 0) for name in OUTCOMES}
    numbers[UNHEARD] = max(sent - sum(numbers.values()), 0)
    shown = [_outcome(campaign_id, name, numbers[name], _share(numbers[name], sent, "sent")) for name in OUTCOMES]
    left = Result("unsubscribed", "Unsubscribed", did.unsubscribed, url(campaign_id, did="unsubscribed"))
    # Of these, none is worth a word; that nobody bounced or complained is.
    always = (BOUNCED, COMPLAINED)
    return [one for one in [*shown[1:3], left, *shown[3:]] if one.mails or one.state in always or one is left]


def _outcome(campaign_id: str, name: str, number: int, share: str) -> Result:
    return Result(name, OUTCOMES[name], number, url(campaign_id, state="sent", outcome=name), share)


def _deed(campaign_id: str, name: str, by_humans: int, by_all: int, delivered: int) -> Result:
    share = _share(by_humans, delivered, "delivered")
    raw_url = url(campaign_id, did=f"{name}-all")
    return Result(name, deeds.ASKED[name][0], by_humans, url(campaign_id, did=name), share, by_all, raw_url)


def url(campaign_id: str, **wanted: str) -> str:
    """Return the address of the recipients of whom this holds."""
    return f"{reverse('campaign-deliveries', args=[campaign_id])}?{urlencode(wanted)}"


def _share(part: int, whole: int, of_what: str) -> str:
    percent = columns.share(part, whole) if part else ""
    return f"{percent} of {of_what}" if percent else ""
