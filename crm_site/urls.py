"""Every address: the API owns the root, the dashboard lives under /dashboard/."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from crm.staff import views as staff_views
from crm.staff.permissions import public
from crm_site import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", public(RedirectView.as_view(pattern_name="home"))),
    # The two that people type.
    path("dashboard", public(RedirectView.as_view(pattern_name="home", query_string=True))),
    path("accounts/sign-in", public(RedirectView.as_view(pattern_name="sign-in", query_string=True))),
    path("dashboard/", include("crm.home.urls")),
    path("dashboard/", include("crm.people.urls")),
    path("dashboard/", include("crm.segments.urls")),
    path("dashboard/", include("crm.suppressions.urls")),
    path("dashboard/", include("crm.imports.urls")),
    path("dashboard/", include("crm.events.urls")),
    path("dashboard/", include("crm.registrations.urls")),
    path("dashboard/", include("crm.campaigns.urls")),
    path("dashboard/", include("crm.deliveries.urls")),
    path("dashboard/", include("crm.analytics.urls")),
    path("dashboard/", include("crm.engagement.dashboard_urls")),
    path("dashboard/", include("crm.staff.urls")),
    path("dashboard/", include("crm.upkeep.urls")),
    path("", include("crm.engagement.urls")),
    path("", include("crm.public.urls")),
    path("accounts/sign-in/", staff_views.sign_in, name="sign-in"),
    path("accounts/sign-out/", public(LogoutView.as_view()), name="sign-out"),
    path("health/", include("crm_site.health")),
    path("", include("crm.feedback.urls")),
    path("", api.urls),
]

handler400 = "crm.core.api.fallbacks.bad_request"
handler403 = "crm.core.api.fallbacks.permission_denied"
handler404 = "crm.core.api.fallbacks.not_found"
handler500 = "crm.core.api.fallbacks.server_error"
