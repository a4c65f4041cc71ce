"""Registrations over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.core.api import answers
from crm.core.idempotency import Answer
from crm.registrations import actions, queries
from crm.registrations.actions import Outcome
from crm.registrations.schemas import RegistrationIn, RegistrationOut, RegistrationPage, RegistrationsQuery
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["Registrations"], by_alias=True)


def _outcome(outcome: Outcome) -> Answer:
    return answers.of(RegistrationOut.of(outcome.registration), 201 if outcome.is_new else 200)


@router.post(
    "/events/{event_id}/register",
    auth=scopes.WRITE,
    response={200: RegistrationOut, 201: RegistrationOut},
    summary="Register a person",
)
@answers.write(_outcome)
def register_user(request: HttpRequest, event_id: str, body: RegistrationIn) -> Outcome:
    """201 with a place, or `waitlisted` where the event is full; 200 where the person is on it already.

    UTM parameters say what led the person here; who is on it already keeps what led to that.
    """
    return actions.register(event_id=event_id, person_id=body.user_id, actor=actor(request), touches=body.touches())


@router.delete(
    "/events/{event_id}/registrations/{user_id}",
    auth=scopes.WRITE,
    response={204: None},
    summary="Cancel a registration",
)
@answers.write(lambda _: answers.NOTHING)
def cancel_registration(request: HttpRequest, event_id: str, user_id: str) -> None:
    """Whoever has waited longest moves up. 404 where it is cancelled already."""
    actions.cancel(event_id=event_id, person_id=user_id, actor=actor(request), again=False)


@router.get(
    "/events/{event_id}/registrations",
    auth=scopes.READ,
    response=RegistrationPage,
    summary="List an event's registrations",
)
def list_event_registrations(request: HttpRequest, event_id: str, query: Query[RegistrationsQuery]) -> HttpResponse:
    """Newest first unless `sort_by` says otherwise."""
    page = queries.of_event(event_id, status=query.status, sort=query.sort_by, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(RegistrationPage.of(page, RegistrationOut.of)))


@router.get(
    "/users/{user_id}/registrations",
    auth=scopes.READ,
    response=RegistrationPage,
    summary="List a person's registrations",
)
def list_user_registrations(request: HttpRequest, user_id: str, query: Query[RegistrationsQuery]) -> HttpResponse:
    """Newest first unless `sort_by` says otherwise."""
    page = queries.of_person(user_id, status=query.status, sort=query.sort_by, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(RegistrationPage.of(page, RegistrationOut.of)))
