"""What every request to the API must fulfil, whoever sends it and whatever it asks."""

from collections.abc import Callable, Mapping
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from ninja.operation import Operation

from crm.core import errors
from crm.core.api import problems
from crm.core.api.problems import Problem

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# No identifier is longer; DynamoDB refuses keys above 1,024 bytes with an error of its own.
MAX_ID_LENGTH = 128

# Addresses of operations that take files, and how many bytes with everything around them.
_files: dict[str, int] = {}

View = Callable[..., HttpResponseBase]


def admit(run: View) -> View:
    """Decorate an operation's whole run: size, media type and path are looked at before anything is read."""

    @wraps(run)
    def guarded(request: HttpRequest, /, **path: object) -> HttpResponseBase:
        try:
            _check_path(path)
            _check_body(request)
        except (Problem, errors.CrmError) as error:
            return problems.of(error)
        return run(request, **path)

    return guarded


def take_files(path: str, most_bytes: int) -> None:
    """Let the operations of an address take forms with files (`multipart/form-data`) in place of JSON."""
    _files[path] = most_bytes


def refuse_unknown_parameters(operation_view: Callable[..., object]) -> Callable[..., object]:
    """Decorate an operation's function: a misspelt or repeated query parameter is refused, never ignored."""
    operation: Operation = operation_view._ninja_operation  # type: ignore[attr-defined]
    known = _query_parameters(operation)

    @wraps(operation_view)
    def checked(request: HttpRequest, /, *args: object, **kwargs: object) -> object:
        wrong = {name: "There is no such parameter." for name in request.GET if name not in known}
        wrong |= {name: "This may be given once." for name in request.GET if len(request.GET.getlist(name)) > 1}
        if wrong:
            raise errors.Invalid(wrong)
        return operation_view(request, *args, **kwargs)

    return checked


def with_problems(view: View) -> View:
    """Wrap a route of the API: HEAD is answered as GET is, and a method it does not take in the API's own shape."""

    @wraps(view)
    def routed(request: HttpRequest, /, **path: object) -> HttpResponseBase:
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = view(request, **path)
        if isinstance(response, HttpResponseNotAllowed):
            response = problems.of_wrong_method(response)
        if is_head:
            # The web server, which leaves the body out, and what runs after us see what was asked.
            request.method = "HEAD"
        return response

    return routed


def _query_parameters(operation: Operation) -> frozenset[str]:
    models = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return frozenset(name for model in models for name in model.__ninja_flatten_map__)


def _check_path(path: Mapping[str, object]) -> None:
    if any(len(str(value)) > MAX_ID_LENGTH or not str(value).isprintable() for value in path.values()):
        raise errors.NotFound("There is nothing at this address.")


def _check_body(request: HttpRequest) -> None:
    # Django would take a chunked body for an empty one.
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Problem(411, "Send the body's length.")
    length = request.headers.get("Content-Length") or "0"
    most = _files.get(request.path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if not length.isdecimal() or int(length) > most:
        raise Problem(413, f"A body may have {most:,} bytes.")
    if request.path in _files:
        if request.method in WITH_BODY and request.content_type != "multipart/form-data":
            raise Problem(415, "Send Content-Type: multipart/form-data.")
        return
    # Browsers post text/plain across sites without asking first; they ask before they post JSON.
    if request.method in WITH_BODY and request.content_type != "application/json":
        raise Problem(415, "Send Content-Type: application/json.")
