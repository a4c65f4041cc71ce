"""Where a number leads: the list of exactly the rows that it counts."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse

from crm.analytics.store import Question
from crm.core.utm import PARAMETERS


def rows(
    question: Question, query: Mapping[str, str], utm: Mapping[str, str] | None = None, *, page: str = "mails"
) -> str:
    """Return the address of a page that lists rows of a question. `utm` says which; '' asks for those without."""
    chosen = {name: getattr(question, name) for name in (*PARAMETERS, "campaign_id") if getattr(question, name)}
    asked = {**chosen, **(utm or {}), **query}
    if question.since is not None:
        asked["from"] = question.since.isoformat()
    if question.before is not None:
        asked["before"] = question.before.isoformat()
    return f"{reverse(page)}?{urlencode(asked)}"
