"""Request bodies: JSON as RFC 8259 has it, of bounded size and depth, or a problem that names the body."""

from typing import Any

import orjson
from django.http import HttpRequest
from ninja.parser import Parser

from crm.core.api.problems import Problem

MAX_DEPTH = 20


class StrictParser(Parser):
    """Takes no NaN, no Infinity, no lone surrogates, no comments, and nothing nested deeper than `MAX_DEPTH`."""

    def parse_body(self, request: HttpRequest) -> Any:  # noqa: ANN401 - JSON is anything
        """Return the parsed body.

        Raises:
            Problem: 400, naming `body`; django-ninja hands it on as the cause of its own `HttpError`.
        """
        try:
            parsed = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise _malformed(f"This is not JSON: {error}.") from error
        if _is_deeper(parsed, MAX_DEPTH):
            raise _malformed(f"Nothing may be nested deeper than {MAX_DEPTH} levels.")
        return parsed


def _malformed(why: str) -> Problem:
    return Problem(400, why, {"body": why})


def _is_deeper(value: object, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        containers = [item for item in layer if isinstance(item, dict | list)]
        layer = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
        if not layer:
            return False
    return any(isinstance(item, dict | list) for item in layer)
