"""What can be done to a campaign: how it begins is here, the rest in the modules it is taken from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from crm.analytics import engine as analytics
from crm.audit import repository as audit
from crm.campaigns import controls, presence, rehearsal, repository, schedule, timing, writing
from crm.campaigns.controls import begin, cancel, pause, resume, stop
from crm.campaigns.entities import (
    DRAFT,
    FINAL,
    MAX_NAME,
    Campaign,
    Mail,
    cleaned,
    known_kind,
)
from crm.campaigns.finishing import finish, prove
from crm.campaigns.repeats import resend_held, retry_failed
from crm.campaigns.timing import reschedule, unschedule
from crm.campaigns.trials import send_test
from crm.core import clock, errors, transaction
from crm.core.transaction import Transaction
from crm.core.utm import NO_UTM, Utm
from crm.deliveries import hints
from crm.deliveries.entities import SENT as ACCEPTED
from crm.search import engine, filters
from crm.search.filters import Filter
from crm.segments.entities import Segment
from crm.suppressions.kinds import NEWSLETTER

__all__ = [
    "Started",
    "begin",
    "cancel",
    "correct",
    "draft",
    "finish",
    "pause",
    "prove",
    "reschedule",
    "resend_held",
    "resume",
    "retry_failed",
    "send",
    "send_test",
    "stop",
    "unschedule",
]
_STALE = "This draft was changed meanwhile. Look at the newest version and try again."


@dataclass(frozen=True, slots=True)
class Started:
    """A campaign that has begun or will, and how many people its filter matched just before."""

    campaign: Campaign
    matched: int


def draft(
    *,
    mail: Mail,
    where: Filter,
    kind: str = NEWSLETTER,
    at: datetime | None = None,
    zone: str = "",
    actor: str,
    campaign_id: str | None = None,
    revision: int | None = None,
    version: int | None = None,
    segment: Segment | None = None,
) -> Campaign:
    """Keep a mail that is not to be sent yet: a new campaign, or another revision of the draft `campaign_id`.

    `at` and `zone`: when it is meant to begin; nothing does until it is sent. `segment`: whose filter `where` is.

    Raises:
        errors.Invalid: naming each field that breaks a rule; a draft may lack subject and body.
        errors.NotFound, errors.Busy.
        errors.Conflict: it is no draft any more; `revision`, of the mail, or `version`, of the whole campaign, is given
            and not the newest.
    """
    mail, kind = cleaned(mail, is_draft=True), known_kind(kind)
    when = schedule.planned(at, zone)
    if campaign_id is None:
        fresh = writing.for_segment(
            segment, replace(writing.new(mail, where, kind, actor), scheduled_at=when, zone=zone)
        )
        return _create(fresh, mail.body, "drafted", actor, lambda campaign: campaign)

    def rewritten(campaign: Campaign, now: datetime) -> Campaign:
        _demand_draft(campaign, revision, "only a draft can be changed")
        if version not in (None, campaign.version):
            raise errors.Conflict(_STALE)
        return writing.for_segment(
            segment, replace(writing.rewritten(campaign, mail, where, kind, now), scheduled_at=when, zone=zone)
        )

    return controls.change(campaign_id, "edited", actor, rewritten, also=partial(_add_body, mail.body))


def send(
    *,
    where: Filter,
    subject: str,
    body: str,
    utm: Utm,
    name: str = "",
    kind: str = NEWSLETTER,
    at: datetime | None = None,
    zone: str = "",
    draft_id: str | None = None,
    revision: int | None = None,
    correction_of: str = "",
    segment: Segment | None = None,
    actor: str,
) -> Started:
    """Mail everybody whom the filter matches, now or at `at`; the worker freezes the audience then.

    Without a name the subject serves. `zone` names the clock on which `at` was chosen. `draft_id`: the draft that
    becomes this campaign, `revision` what its newest one must be. `correction_of`: mail those whom that campaign
    reached, not those of the filter. `segment`: whose filter `where` is; whom it matches then is the audience.

    Raises:
        errors.Invalid: naming each field that breaks a rule, or how many lack what the mail says about them.
        errors.NotFound: there is no such draft.
        errors.Conflict: it is none any more, or `revision` is not its newest; the message says which.
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    mail, kind = cleaned(Mail(name=name, subject=subject, body=body, utm=utm)), known_kind(kind)
    when = schedule.beginning(at, zone, clock.now())
    rehearsal.demand(rehearsal.got(correction_of) if correction_of else where, mail, kind)
    matched = _matched(where, correction_of)
    action = "started" if when is None else "scheduled"

    def result(campaign: Campaign) -> Started:
        return Started(campaign, matched)

    if draft_id is None:
        fresh = writing.for_segment(
            segment, replace(writing.new(mail, where, kind, actor), correction_of=correction_of)
        )
        return _create(timing.begun(fresh, when, zone), mail.body, action, actor, result)

    def sent(campaign: Campaign, now: datetime) -> Campaign:
        _demand_draft(campaign, revision, "only a draft can be sent")
        return timing.begun(
            writing.for_segment(segment, writing.rewritten(campaign, mail, where, kind, now)), when, zone
        )

    add_body = partial(_add_body, mail.body)
    return result(controls.change(draft_id, action, actor, sent, also=add_body, result=result))


def correct(*, campaign_id: str, subject: str, body: str, utm: Utm | None = None, actor: str) -> Started:
    """Mail everybody who got a campaign's mail: a campaign of its own, of the same kind, whatever its filter matches.

    Its audience are those whose mail SES accepted until it begins; whoever is suppressed or has left since is left out.
    Without a `utm` its links are tagged as the original's.

    Raises:
        errors.Invalid: naming each field that breaks a rule.
        errors.NotFound, errors.Busy.
        errors.Conflict: it may still reach others, or reached nobody; the message names the state.
    """
    mail = cleaned(Mail(name="", subject=subject, body=body, utm=utm or NO_UTM))
    original = repository.get(campaign_id)
    if original.state not in FINAL:
        raise controls.refuse(original, "cancel it, or wait until it is sent, then correct it")
    if not presence.may_have_reached(original):
        raise controls.refuse(original, "it reached nobody")
    name = f"Correction: {original.name}"[:MAX_NAME]
    return send(
        where=original.where,
        subject=mail.subject,
        body=mail.body,
        utm=original.utm if utm is None else mail.utm,
        name=name,
        kind=original.kind,
        correction_of=original.id,
        actor=actor,
    )


def _demand_draft(campaign: Campaign, revision: int | None, but: str) -> None:
    if campaign.state != DRAFT:
        raise controls.refuse(campaign, but)
    if revision not in (None, campaign.revision):
        raise errors.Conflict(_STALE)


def _matched(where: Filter, correction_of: str) -> int:
    """Return how many people it will be for, as far as the read model knows by now."""
    if correction_of:
        return analytics.store().campaign_states(correction_of)[0].get(ACCEPTED, 0)
    return engine.store().split(where).matched


def _add_body(body: str, tx: Transaction, campaign: Campaign) -> None:
    repository.add_body(tx, campaign, body)


def _create[Result](
    campaign: Campaign, body: str, action: str, actor: str, result: Callable[[Campaign], Result]
) -> Result:
    tx = transaction.begin()
    repository.create(tx, campaign, body)
    audit.record(tx, kind="campaign", id=campaign.id, action=action, actor=actor, after=_told(campaign))
    answer = result(campaign)
    tx.commit(answer)
    hints.wake(hints.CAMPAIGNS)
    return answer


def _told(campaign: Campaign) -> dict[str, object]:
    return {
        **controls.told(campaign),
        "kind": campaign.kind,
        "where": filters.to_json(campaign.where),
        "segment": campaign.segment_name,
        **campaign.utm.parameters(),
    }
