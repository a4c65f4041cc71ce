"""Where a number leads: the list of exactly the rows that it counts."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse

from crm.analytics.store import DIMENSIONS, Question


def rows(
    question: Question, query: Mapping[str, str], utm: Mapping[str, str] | None = None, *, page: str = "mails"
) -> str:
    """Return the address of a page that lists rows of a question. `utm` says which; '' asks for those without."""
    chosen = {name: getattr(question, name) for name in DIMENSIONS if getattr(question, name)}
    ends = {"from": question.since, "before": question.before}
    bounds = {name: moment.isoformat() for name, moment in ends.items() if moment is not None}
    parts = [_encoded(tuple(part.items())) for part in ({**chosen, **(utm or {})}, query, bounds)]
    return f"{_page(page)}?{'&'.join(filter(None, parts))}"


# A page has hundreds of addresses that are put together from a few dozen parts.
@lru_cache(maxsize=1_024)
def _encoded(part: tuple[tuple[str, str], ...]) -> str:
    return urlencode(part)


@lru_cache(maxsize=8)
def _page(name: str) -> str:
    return reverse(name)
