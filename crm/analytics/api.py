"""What became of mails, by UTM, over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.analytics import engine
from crm.analytics.schemas import AnalyticsOut, AnalyticsQuery
from crm.core.api import answers
from crm.core.utm import PARAMETERS
from crm.search import engine as search_engine
from crm.staff import scopes

router = Router(tags=["Analytics"], by_alias=True)


@router.get("/analytics", auth=scopes.READ, response=AnalyticsOut, summary="Count mails by UTM")
def count_mails(request: HttpRequest, query: Query[AnalyticsQuery]) -> HttpResponse:
    """Any subset of the parameters; values of UTM parameters are compared exactly."""
    # Asked first: what is counted is then at least as new as it says.
    as_of = search_engine.store().freshness().as_of
    rows = engine.store().by(query.question(), PARAMETERS)
    return answers.send(answers.of(AnalyticsOut.of(rows, as_of)))
