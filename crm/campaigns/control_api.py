"""Schedules, controls and proofs of campaigns over the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from crm.campaigns import actions, proof
from crm.campaigns.actions import Started
from crm.campaigns.control_schemas import (
    CampaignStateOut,
    CorrectionIn,
    ProofOut,
    ResendIn,
    RetryIn,
    ScheduleIn,
    TestIn,
    TestOut,
)
from crm.campaigns.entities import Campaign
from crm.campaigns.schemas import StartedOut
from crm.core import errors
from crm.core.api import answers
from crm.core.idempotency import Answer
from crm.deliveries.entities import Delivery
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["Campaigns"], by_alias=True)
_STATE: dict[str, Any] = {"auth": scopes.SEND, "response": CampaignStateOut}


def moved(campaign: Campaign) -> Answer:
    """Answer where a campaign stands."""
    return answers.of(CampaignStateOut.of(campaign), revision=campaign.version)


def begun(started: Started) -> Answer:
    """Answer what has begun, or is to."""
    return answers.of(StartedOut(campaign_id=started.campaign.id, matched=started.matched), 202)


def _tested(test: Delivery) -> Answer:
    return answers.of(TestOut(id=test.id, to=test.email), 202)


@router.post("/emails/test", auth=scopes.SEND, response={202: TestOut}, summary="Mail a test to one address")
@answers.write(_tested)
def send_test_email(request: HttpRequest, body: TestIn) -> Delivery:
    """Sent as a campaign's mail would be, ahead of all campaigns. No campaign's numbers include it."""
    return actions.send_test(mail=body.mail(), to=body.to, person_id=body.user_id, actor=actor(request))


@router.post("/campaigns/{campaign_id}/reschedule", **_STATE, summary="Put a scheduled campaign off")
@answers.write(moved)
def reschedule_campaign(request: HttpRequest, campaign_id: str, body: ScheduleIn) -> Campaign:
    """409 unless it is scheduled and has not begun."""
    return actions.reschedule(campaign_id=campaign_id, at=body.at, zone=body.zone, actor=actor(request))


@router.post("/campaigns/{campaign_id}/unschedule", **_STATE, summary="Make a scheduled campaign a draft again")
@answers.write(moved)
def unschedule_campaign(request: HttpRequest, campaign_id: str) -> Campaign:
    """409 unless it is scheduled and has not begun."""
    return actions.unschedule(campaign_id=campaign_id, actor=actor(request))


@router.post("/campaigns/{campaign_id}/pause", **_STATE, summary="Pause a campaign")
@answers.write(moved)
def pause_campaign(request: HttpRequest, campaign_id: str) -> Campaign:
    """No call to the mail service begins later than two seconds after the answer. 409 unless it is under way."""
    return actions.pause(campaign_id=campaign_id, actor=actor(request))


@router.post("/campaigns/{campaign_id}/resume", **_STATE, summary="Resume a campaign")
@answers.write(moved)
def resume_campaign(request: HttpRequest, campaign_id: str) -> Campaign:
    """Goes on where it was paused, also where it stopped by itself. 409 unless it is paused."""
    return actions.resume(campaign_id=campaign_id, actor=actor(request))


@router.post("/campaigns/{campaign_id}/cancel", **_STATE, summary="Cancel a campaign")
@answers.write(moved)
def cancel_campaign(request: HttpRequest, campaign_id: str) -> Campaign:
    """For good. No call to the mail service begins later than two seconds after the answer; everybody not mailed by
    then is listed as cancelled. 409 where it is over."""
    return actions.cancel(campaign_id=campaign_id, actor=actor(request))


@router.post("/campaigns/{campaign_id}/retry", **_STATE, summary="Send failed mails again")
@answers.write(moved)
def retry_campaign(request: HttpRequest, campaign_id: str, body: RetryIn | None = None) -> Campaign:
    """The mail service surely took none of them. A campaign that was sent is open again until they are final. 409 where
    none failed, or one named did not, or they are being queued already."""
    chosen = None if body is None else body.user_ids
    return actions.retry_failed(campaign_id=campaign_id, person_ids=chosen, actor=actor(request))


@router.post("/campaigns/{campaign_id}/resend", **_STATE, summary="Send held mails again")
@answers.write(moved)
def resend_campaign(request: HttpRequest, campaign_id: str, body: ResendIn) -> Campaign:
    """Nobody knows whether the mail service took these: some people may get them twice. 409 where one is not held."""
    return actions.resend_held(campaign_id=campaign_id, person_ids=body.user_ids, actor=actor(request))


@router.post(
    "/campaigns/{campaign_id}/correct",
    auth=scopes.SEND,
    response={202: StartedOut},
    summary="Mail everybody who got a campaign",
)
@answers.write(begun)
def correct_campaign(request: HttpRequest, campaign_id: str, body: CorrectionIn) -> Started:
    """A campaign of its own, for all whose mail was accepted. 409 unless the first is sent or cancelled.

    Where one of them has no value for a field and it no default, nothing is sent."""
    return actions.correct(
        campaign_id=campaign_id, subject=body.subject, body=body.body, utm=body.utm(), actor=actor(request)
    )


@router.get("/campaigns/{campaign_id}/proof", auth=scopes.READ, response=ProofOut, summary="See a campaign's proof")
def get_proof(request: HttpRequest, campaign_id: str) -> HttpResponse:  # noqa: ARG001 - an operation
    """What became of everybody, as last counted: when it ended, and whenever somebody asked. 404 before that."""
    found = proof.of(campaign_id)
    if found is None:
        raise errors.NotFound("This campaign's mails were not counted yet.")
    return answers.send(answers.of(ProofOut.of(found)))


@router.post(
    "/campaigns/{campaign_id}/proof", auth=scopes.SEND, response={204: None}, summary="Have a campaign counted again"
)
@answers.write(lambda _: answers.NOTHING)
def ask_for_proof(request: HttpRequest, campaign_id: str) -> None:  # noqa: ARG001 - an operation
    """Changes no mail, but has the worker read each one. `GET` tells how far it is. 409 while nobody is chosen yet."""
    proof.ask(campaign_id)
