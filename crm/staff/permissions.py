"""What a signed-in member of staff may do, stated view by view. A view that states nothing fails a test."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

PERMISSIONS = ("crm.view", "crm.edit", "crm.export", "crm.check_in", "crm.send_campaigns", "crm.manage_staff")


def requires[**Rest](
    permission: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, Rest], HttpResponseBase],
]:
    """Let only staff with `permission` into the decorated view; everybody else signed in gets the 403 page.

    Raises:
        ValueError: there is no such permission (at import, so a typo never opens or locks a view).
    """
    if permission not in PERMISSIONS:
        raise ValueError(permission)

    def decorate(
        view: Callable[Concatenate[HttpRequest, Rest], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def public[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """State that the decorated view is open to everybody."""
    view.required_permission = None  # type: ignore[attr-defined]
    return login_not_required(view)


def actor(request: HttpRequest) -> str:
    """Name who acts, as audit entries keep it: `staff:<id>`, `token:<id>` or `demo`.

    Raises:
        PermissionDenied: nobody is signed in and no token was shown.
    """
    caller = getattr(request, "auth", None)
    if caller is not None:
        return str(caller.actor)
    if not request.user.is_authenticated:
        raise PermissionDenied
    return f"staff:{request.user.pk}"
