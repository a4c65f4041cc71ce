"""Tagging many people over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from crm.core.api import answers
from crm.core.idempotency import Answer
from crm.people import tagging
from crm.people.tagging_job import Tagging
from crm.people.tagging_schemas import TaggingIn, TaggingOut
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["People"], by_alias=True)


def _accepted(job: Tagging) -> Answer:
    return answers.of(TaggingOut.of(job), 202)


@router.post("/users/tags", auth=scopes.WRITE, response={202: TaggingOut}, summary="Tag many people")
@answers.write(_accepted)
def tag_users(request: HttpRequest, body: TaggingIn) -> Tagging:
    """Whom the filter matches is written down once; the worker then goes through them. A few that are named are done
    before this answers."""
    where = body.where()
    if body.user_ids:
        return tagging.start_chosen(person_ids=body.user_ids, tags=body.tags(), actor=actor(request))
    return tagging.start(where=where, tags=body.tags(), actor=actor(request))


@router.get("/users/tags/{job_id}", auth=scopes.READ, response=TaggingOut, summary="Look at how far tagging is")
def get_tagging(request: HttpRequest, job_id: str) -> HttpResponse:  # noqa: ARG001 - an operation
    """How far it is, and what became of whom."""
    return answers.send(answers.of(TaggingOut.of(tagging.get(job_id))))


@router.post("/users/tags/{job_id}/cancel", auth=scopes.WRITE, response={202: TaggingOut}, summary="Stop tagging")
@answers.write(_accepted)
def cancel_tagging(request: HttpRequest, job_id: str) -> Tagging:
    """Who is tagged stays so. Refused (409) once it is over."""
    return tagging.cancel(job_id=job_id, actor=actor(request))
