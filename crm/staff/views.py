"""Signing in, and the page of API tokens."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.core import errors, htmx
from crm.core.forms import refuse
from crm.staff import actions, queries
from crm.staff.forms import SignInForm, TokenForm
from crm.staff.permissions import actor, public, requires


class SignIn(LoginView):
    """Sign in with e-mail and password. Who is signed in already goes on to where they wanted to go."""

    template_name = "staff/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"demo": settings.DEMO}

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show what is wrong, with a status that says so."""
        response = super().form_invalid(form)
        response.status_code = 429 if form.has_error("__all__", "too-many") else 422
        return response


sign_in = public(SignIn.as_view())


@requires("crm.manage_staff")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens, and make one. Its text stands in the answer to that request and nowhere else."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    issued = None
    if form.is_valid():
        try:
            issued = actions.issue(**form.cleaned_data, actor=actor(request))
            form = TokenForm()
        except errors.Invalid as error:
            refuse(form, error)
    context = {"form": form, "issued": issued, "rows": queries.tokens(), "api_url": settings.PUBLIC_URL}
    return htmx.render(request, "staff/tokens.html", context, status=422 if form.errors else 200)


@requires("crm.manage_staff")
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_token(request: HttpRequest, token_id: str) -> HttpResponse:
    """Ask, and make a token useless."""
    token = queries.token(token_id)
    if request.method == "POST":
        actions.revoke(token_id=token_id, actor=actor(request))
        messages.success(request, f"{token.name} revoked")
        return htmx.redirect(request, reverse("tokens"))
    question = {
        "title": f"Revoke {token.name}?",
        "lines": ["Whatever uses this token is refused from now on. It cannot be brought back."],
        "back": reverse("tokens"),
        "keep": "Keep it",
        "verb": "Revoke",
        "danger": True,
    }
    return htmx.render(request, "_components/confirm.html", question)
