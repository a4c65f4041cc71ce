"""Every refusal of the API as `application/problem+json` (RFC 9457). The one place that maps errors to statuses.

`errors` lists the fields at fault, as the API spells them: `{"field": "hosts.0", "message": "…"}`.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from crm.core import errors

MEDIA_TYPE = "application/problem+json"
_STATUSES: dict[type[errors.CrmError], int] = {
    errors.NotFound: 404,
    errors.Denied: 403,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.Busy: 503,
    errors.TooMany: 429,
}

# Pydantic's kinds of error whose own words only a Python programmer understands.
_WORDS = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "model_type": "A JSON object.",
    "model_attributes_type": "A JSON object.",
}


class Problem(Exception):
    """A refusal that only HTTP knows: a body that cannot be read, a missing token, a wrong media type."""

    def __init__(
        self,
        status: int,
        detail: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.fields, self.headers = status, detail, fields, headers


def answer(
    status: int, detail: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Build a problem. `fields` maps each field at fault to what is wrong with it."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"field": field, "message": message} for field, message in (fields or {}).items()],
    }
    return HttpResponse(orjson.dumps(problem), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


def of(error: Problem | errors.CrmError) -> HttpResponse:
    """Map a refusal to its answer."""
    if isinstance(error, Problem):
        return answer(error.status, error.detail, error.fields, error.headers)
    status = next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
    match error:
        case errors.Invalid():
            return answer(status, error.message, error.fields)
        case errors.Conflict(field=str(field)):
            return answer(status, error.message, {field: error.message})
        case errors.Busy() | errors.TooMany():
            return answer(status, error.message, headers={"Retry-After": str(error.retry_after)})
    return answer(status, error.message)


def of_validation(raw: Sequence[Mapping[str, Any]]) -> HttpResponse:
    """Map what pydantic found (`type`, `loc`, `msg`) to a 422 that names each field once."""
    fields: dict[str, str] = {}
    for problem in raw:
        fields.setdefault(_field(problem["loc"]), _WORDS.get(problem["type"]) or _sentence(problem["msg"]))
    return answer(422, "; ".join(f"{name}: {message}" for name, message in fields.items()), fields)


def of_wrong_method(response: HttpResponseNotAllowed) -> HttpResponse:
    """Put django-ninja's 405, which is bare HTML, into our shape."""
    methods = set(response["Allow"].split(", "))
    # HEAD is answered wherever GET is.
    allowed = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return answer(405, f"Only {allowed} can be asked here.", headers={"Allow": allowed})


def install(api: NinjaAPI) -> None:
    """Answer every expected error of the API's operations as a problem. Others end in Django's 500 handler."""
    _handle(api, Problem, of)
    _handle(api, errors.CrmError, of)
    _handle(api, ValidationError, lambda error: of_validation(error.errors))
    _handle(api, HttpError, _of_unreadable)


def _handle[Error: Exception](api: NinjaAPI, kind: type[Error], answer: Callable[[Error], HttpResponse]) -> None:
    def handler(_: HttpRequest, error: Error | type[Error]) -> HttpResponse:
        # django-ninja's signature allows a class to be raised; an instance is what comes.
        return answer(error() if isinstance(error, type) else error)

    api.add_exception_handler(kind, handler)


def _of_unreadable(error: HttpError) -> HttpResponse:
    # The parser's problem arrives wrapped.
    cause = error.__cause__
    return of(cause) if isinstance(cause, Problem) else answer(error.status_code, error.message)


def _field(location: Sequence[str | int]) -> str:
    # ("body", "<parameter>", "hosts", 0) and ("query", "limit"): the source is no part of the field's name.
    source, *path = location
    named = path[1:] if source == "body" else path
    return ".".join(str(step) for step in named) or str(source)


def _sentence(message: str) -> str:
    # Our own validators' messages arrive as "Value error, …".
    text = message.removeprefix("Value error, ")
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
