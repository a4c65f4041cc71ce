"""What operations answer: a status, JSON and the resource's ETag; the same bytes again under an `Idempotency-Key`."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import HttpRequest, HttpResponse
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback
from pydantic import BaseModel

from crm.core import errors, idempotency
from crm.core.api import etags
from crm.core.idempotency import Answer

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 200
NOTHING = Answer(204, b"", None)
_OPENAPI = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "maxLength": MAX_KEY_LENGTH},
    "description": "Repeating a request with the same key within 24 hours answers what the first one did.",
}


def of(model: BaseModel, status: int = 200, *, revision: int | None = None) -> Answer:
    """Render what is answered; `revision` becomes the ETag."""
    body = model.model_dump_json(by_alias=True).encode()
    return Answer(status, body, None if revision is None else etags.of(revision))


def send(answer: Answer) -> HttpResponse:
    """Turn an answer into a response."""
    headers = {} if answer.etag is None else {"ETag": answer.etag}
    return HttpResponse(answer.body, status=answer.status, content_type="application/json", headers=headers)


def write[Result, **Rest](
    render: Callable[[Result], Answer],
) -> Callable[
    [Callable[Concatenate[HttpRequest, Rest], Result]], Callable[Concatenate[HttpRequest, Rest], HttpResponse]
]:
    """Decorate an operation that writes; it returns its action's result, which `render` turns into the answer.

    With an `Idempotency-Key`, the answer is stored in the action's own transaction: `tx.commit(result)` must be given
    what the action returns. An action that had nothing to write gets its answer stored afterwards.

    Raises:
        errors.Invalid: the key is malformed, or was used for another request.
        errors.Busy: the answer that won a race cannot be read yet.
    """

    def decorate(
        operation: Callable[Concatenate[HttpRequest, Rest], Result],
    ) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
        @wraps(operation)
        def answered(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
            def run() -> Result:
                return operation(request, *args, **kwargs)

            keyed = _keyed(request, render)
            return send(render(run()) if keyed is None else once(keyed, run))

        contribute_operation_callback(answered, _document)
        return answered

    return decorate


def once[Result](keyed: idempotency.Request, run: Callable[[], Result]) -> Answer:
    """Run a write that carries a key, or return what it answered the first time.

    Raises:
        errors.Invalid: the key was used for another request.
        errors.Busy: the answer that won a race cannot be read yet.
    """
    earlier = idempotency.recall(keyed)
    if earlier is not None:
        return earlier
    token = idempotency.current.set(keyed)
    try:
        return idempotency.remember(keyed, run())
    except (idempotency.AlreadyAnswered, errors.CrmError) as error:
        # Whoever won the race may be the very reason why this one was refused.
        winner = idempotency.recall(keyed)
        if winner is None:
            if isinstance(error, errors.CrmError):
                raise
            raise errors.Busy from error
        return winner
    finally:
        idempotency.current.reset(token)


def _keyed(request: HttpRequest, render: Callable[[Any], Answer]) -> idempotency.Request | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise errors.Invalid({HEADER: f"1 to {MAX_KEY_LENGTH} printable ASCII characters."})
    route = request.resolver_match.route if request.resolver_match else request.path
    scope = f"{request.auth.actor}#{request.method} {route}"  # type: ignore[attr-defined]
    return idempotency.Request(scope, key, _digest(request), render)


def _digest(request: HttpRequest) -> str:
    """Return the SHA-256, in hex, of all that was asked."""
    digest = hashlib.sha256("\n".join((request.get_full_path(), request.headers.get("If-Match", ""), "")).encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.hexdigest()
    # Read already, and bounded by chance: what is between the parts differs each time.
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode())
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(repr((name, file.name)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
    return digest.hexdigest()


def _document(operation: Operation) -> None:
    extra = operation.openapi_extra or {}
    operation.openapi_extra = {**extra, "parameters": [_OPENAPI, *extra.get("parameters", [])]}
