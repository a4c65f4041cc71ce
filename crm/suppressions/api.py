"""The do-not-mail list over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.core.api import answers
from crm.core.idempotency import Answer
from crm.staff import scopes
from crm.staff.permissions import actor
from crm.suppressions import actions, queries
from crm.suppressions.entities import Suppression
from crm.suppressions.schemas import SuppressionIn, SuppressionOut, SuppressionPage, SuppressionsQuery

router = Router(tags=["Suppressions"], by_alias=True)


def _added(result: tuple[Suppression, bool]) -> Answer:
    entry, is_new = result
    return answers.of(SuppressionOut.of(entry), 201 if is_new else 200)


@router.get("/suppressions", auth=scopes.READ, response=SuppressionPage, summary="List suppressed addresses")
def list_suppressions(request: HttpRequest, query: Query[SuppressionsQuery]) -> HttpResponse:
    """Newest first unless `sort_by` names a field, with `-` before it for descending."""
    page = queries.page(text=query.q, sort=query.sort_by, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(SuppressionPage.of(page, SuppressionOut.of)))


@router.post(
    "/suppressions",
    auth=scopes.SEND,
    response={201: SuppressionOut, 200: SuppressionOut},
    summary="Suppress an address",
)
@answers.write(_added)
def add_suppression(request: HttpRequest, body: SuppressionIn) -> tuple[Suppression, bool]:
    """No campaign mails it from the next second on; confirmations still do, unless it bounced or complained.

    One that stands already (200) keeps its reason and date.
    """
    return actions.add(email=body.email, reason=body.reason, actor=actor(request))


@router.delete(
    "/suppressions/{suppression_id}", auth=scopes.SEND, response={204: None}, summary="Let an address be mailed again"
)
@answers.write(lambda _: answers.NOTHING)
def remove_suppression(request: HttpRequest, suppression_id: str) -> None:
    """Who unsubscribed stays unsubscribed."""
    actions.remove(suppression_id=suppression_id, actor=actor(request))
