"""Campaigns over the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.campaigns import actions, audience_filter, control_api, queries
from crm.campaigns.actions import Started
from crm.campaigns.control_schemas import CampaignStateOut, DraftIn, RevisedDraftIn
from crm.campaigns.entities import Campaign
from crm.campaigns.schemas import (
    CampaignOut,
    CampaignPage,
    CampaignRowOut,
    CampaignsQuery,
    DeliveriesQuery,
    DeliveryOut,
    DeliveryPage,
    EmailIn,
    StartedOut,
)
from crm.core import errors
from crm.core.api import answers, etags
from crm.core.idempotency import Answer
from crm.segments import queries as segments
from crm.segments.entities import Segment
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["Campaigns"], by_alias=True)


@router.post("/emails/send", auth=scopes.SEND, response={202: StartedOut}, summary="Mail everybody a filter matches")
@answers.write(control_api.begun)
def send_email(request: HttpRequest, body: EmailIn) -> Started:
    """Answers at once; `GET /campaigns/{id}` tells what becomes of it. Links get the UTM parameters.

    The body is Markdown; it and the subject may hold fields such as `{{ firstName|there }}`. Where somebody has no
    value for one and it no default, nothing is sent.

    With `at` it begins then, and its audience is whom the filter matches then."""
    if body.revision is not None and body.draft_id is None:
        raise errors.Invalid({"revision": "Only together with draftId."})
    segment = _segment(body)
    return actions.send(
        where=segment.where if segment else body.where(),
        segment=segment,
        subject=body.subject,
        body=body.body,
        utm=body.utm(),
        name=body.name,
        kind=body.kind,
        at=body.at,
        zone=body.zone,
        draft_id=body.draft_id,
        revision=body.revision,
        actor=actor(request),
    )


def _segment(body: EmailIn | DraftIn) -> Segment | None:
    """Return the segment that a body names. Raises errors.Invalid: there is none, or a filter is given, too."""
    if body.segment is None:
        return None
    if body.filter or getattr(body, "all", False):
        raise errors.Invalid({"segment": "Give a segment or a filter, not both."})
    try:
        segment = segments.get(body.segment)
    except errors.NotFound as missing:
        raise errors.Invalid({"segment": missing.message}) from missing
    audience_filter.demand_room(segment.where)
    return segment


def _drafted_as(body: DraftIn) -> dict[str, Any]:
    segment = _segment(body)
    where = segment.where if segment else body.where()
    return {
        "mail": body.mail(),
        "where": where,
        "segment": segment,
        "kind": body.kind,
        "at": body.at,
        "zone": body.zone,
    }


def _drafted(campaign: Campaign) -> Answer:
    return answers.of(CampaignStateOut.of(campaign), 201, revision=campaign.version)


@router.post("/campaigns", auth=scopes.SEND, response={201: CampaignStateOut}, summary="Keep a draft")
@answers.write(_drafted)
def create_draft(request: HttpRequest, body: DraftIn) -> Campaign:
    """Nothing is sent: `POST /emails/send` with its `draftId` does that."""
    return actions.draft(**_drafted_as(body), actor=actor(request))


@router.put(
    "/campaigns/{campaign_id}",
    auth=scopes.SEND,
    response=CampaignStateOut,
    summary="Replace a draft",
    openapi_extra={"parameters": [etags.OPENAPI]},
)
@answers.write(control_api.moved)
def replace_draft(request: HttpRequest, campaign_id: str, body: RevisedDraftIn) -> Campaign:
    """Every field anew; what is left out is empty then. 409 where it is no draft any more."""
    return actions.draft(
        **_drafted_as(body),
        actor=actor(request),
        campaign_id=campaign_id,
        revision=body.revision,
        version=etags.expected(request),
    )


@router.get("/campaigns", auth=scopes.READ, response=CampaignPage, summary="List campaigns")
def list_campaigns(request: HttpRequest, query: Query[CampaignsQuery]) -> HttpResponse:
    """Newest first; `q` searches name and subject."""
    page = queries.page(state=query.state, text=query.q, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(CampaignPage.of(page, CampaignRowOut.of_document)))


@router.get("/campaigns/{campaign_id}", auth=scopes.READ, response=CampaignOut, summary="Look at a campaign")
def get_campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The ETag is what `If-Match` takes.

    Once `matched` is known, queued + excluded = matched = the sum of the deliveries.
    """
    report = queries.get(campaign_id)
    return answers.send(answers.of(CampaignOut.of(report), revision=report.campaign.version))


@router.get(
    "/campaigns/{campaign_id}/deliveries",
    auth=scopes.READ,
    response=DeliveryPage,
    summary="List a campaign's mails",
)
def list_campaign_deliveries(request: HttpRequest, campaign_id: str, query: Query[DeliveriesQuery]) -> HttpResponse:
    """Newest first; `reason` tells those left out apart, `outcome` those sent."""
    page = queries.deliveries(
        campaign_id,
        state=query.state,
        reason=query.reason,
        outcome=query.outcome,
        text=query.q,
        limit=query.limit,
        cursor=query.cursor,
    )
    return answers.send(answers.of(DeliveryPage.of(page, DeliveryOut.of)))
