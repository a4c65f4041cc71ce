"""What became of mails, by UTM, over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.analytics import columns, engine, link_table
from crm.analytics.columns import HUMAN
from crm.analytics.figure_schemas import FiguresOut, FiguresQuery
from crm.analytics.link_schemas import LinksOut
from crm.analytics.schemas import AnalyticsOut
from crm.core.api import answers
from crm.core.utm import PARAMETERS
from crm.search import engine as search_engine
from crm.staff import scopes

router = Router(tags=["Analytics"], by_alias=True)


@router.get("/analytics", auth=scopes.READ, response=AnalyticsOut | FiguresOut | LinksOut, summary="Count mails by UTM")
def count_mails(request: HttpRequest, query: Query[FiguresQuery]) -> HttpResponse:
    """Any subset of the parameters; values of UTM parameters are compared exactly.

    With UTM parameters, `from` and `to` alone, mails are counted by state. Any other parameter asks for figures
    instead: what became of the mails, and the registrations that were led there. `group_by=link` asks which links were
    clicked, in how many mails and how often.
    """
    # Asked first: what is counted is then at least as new as it says.
    as_of = search_engine.store().freshness().as_of
    question, store = query.question(), engine.store()
    if query.is_plain:
        return answers.send(answers.of(AnalyticsOut.of(store.by(question, PARAMETERS), as_of)))
    if query.is_of_links:
        traffic = query.traffic or HUMAN
        table = link_table.table(question, columns.of_links(traffic), "-clicked")
        return answers.send(answers.of(LinksOut.of(table, traffic, as_of)))
    rows = store.by(question, query.dimensions)
    points = store.series(question, query.interval, query.timezone or "UTC") if query.interval else None
    return answers.send(answers.of(FiguresOut.of(query, rows, points, as_of)))
