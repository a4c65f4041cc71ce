"""Deny by default: every view states who may open it, every operation of the API which scope it takes."""

from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from ninja.operation import Operation

import crm_site.api
from crm.staff import entities, permissions
from crm.staff.models import StaffUser
from crm.staff.scopes import BearerToken


def patterns(resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    """Yield every route of the site."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from ((f"{pattern.pattern}{route}", found) for route, found in patterns(pattern))
        else:
            yield str(pattern.pattern), pattern


def operations() -> list[Operation]:
    """Return every operation of the API, as it is mounted."""
    bound = crm_site.api.api._get_bound_routers()
    return [op for router in bound for view in router.path_operations.values() for op in view.operations]


DOCS = {"docs", "openapi.json"}
ROUTES = list(patterns(get_resolver()))
PAGES = [(route, found) for route, found in ROUTES if found not in crm_site.api.urls[0] or route in DOCS]


@pytest.mark.parametrize(("route", "pattern"), PAGES, ids=[route or "/" for route, _ in PAGES])
def test_view_states_its_permission(route: str, pattern: URLPattern) -> None:
    stated = getattr(pattern.callback, "required_permission", "nothing")
    assert stated is None or stated in permissions.PERMISSIONS, f"{route} states {stated}"


@pytest.mark.parametrize("operation", operations(), ids=lambda op: f"{op.methods[0]} {op.path}")
def test_operation_states_its_scope(operation: Operation) -> None:
    (auth,) = operation.auth_callbacks
    assert isinstance(auth, BearerToken)
    assert auth.scope in entities.SCOPES
    assert operation.auth_param is auth, "stated by the operation itself, not inherited"


@pytest.mark.parametrize("operation", operations(), ids=lambda op: f"{op.methods[0]} {op.path}")
def test_only_reading_takes_the_scope_read(operation: Operation) -> None:
    (auth,) = operation.auth_callbacks
    assert (auth.scope in (entities.READ, entities.EXPORT)) == (operation.methods == ["GET"])


def test_pages_open_to_everybody_are_known_by_name() -> None:
    is_open = {route for route, found in PAGES if getattr(found.callback, "required_permission", "") is None}
    health = {"health/live", "health/ready", "health/stack"}
    # The documentation is open in demo mode only.
    redirects = {"", "dashboard", "accounts/sign-in"}
    inside_mail = {"o/<str:token>.gif", "c/<str:token>/<str:number>", "u/<str:token>"}
    of_events = {"e/<str:slug>.ics", "e/<str:slug>.png", "e/<str:slug>", "e/<str:slug>/registered", "r/<str:token>"}
    of_sns = {"hooks/ses"}
    assert is_open == {
        *redirects,
        *inside_mail,
        *of_events,
        *of_sns,
        "accounts/sign-in/",
        "accounts/sign-out/",
        *health,
        *DOCS,
    }


def test_view_without_permission_is_refused(rf: RequestFactory, viewer: StaffUser) -> None:
    @permissions.requires("crm.edit")
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    request = rf.get("/")
    request.user = viewer
    with pytest.raises(PermissionDenied):
        view(request)


def test_misspelt_permission_fails_at_import() -> None:
    with pytest.raises(ValueError, match=r"crm\.edti"):
        permissions.requires("crm.edti")


def test_viewer_gets_the_403_page(as_viewer: Client) -> None:
    response = as_viewer.get("/dashboard/tokens/")
    assert response.status_code == 403
    assert b"You may not" in response.content


@pytest.mark.django_db
def test_nobody_acts_without_a_name(rf: RequestFactory, client: Client) -> None:
    request = client.get("/accounts/sign-in/").wsgi_request
    with pytest.raises(PermissionDenied):
        permissions.actor(request)
