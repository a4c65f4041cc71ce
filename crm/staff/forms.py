"""The forms of the sign-in page and of the API tokens page."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from crm.core import clients, errors, rates
from crm.core.addresses import digest
from crm.staff.entities import EXPORT, MAX_NAME, READ, SCOPES, SEND, WRITE

# Wrong passwords in a quarter of an hour: for one account, and from one address (an office shares one).
_TRIES_ACCOUNT, _TRIES_ADDRESS, _WINDOW_S = 10, 50, 900
_SCOPE_LABELS = {
    READ: "Read everything",
    WRITE: "Change people, events and registrations",
    SEND: "Send campaigns",
    EXPORT: "Take people along as a file",
}
LIFETIMES = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until it is revoked"}


class SignInForm(AuthenticationForm):
    """E-mail and password. Too many wrong ones close the door for a while, to the right one as well."""

    error_messages = {
        "invalid_login": "These do not belong together. Check both, or ask whoever runs the CRM for a new password.",
        "inactive": "This account is closed. Ask an owner.",
    }

    def clean(self) -> dict[str, Any]:
        """Sign in. A try is counted before the password is looked at, so that many at once count too."""
        tries = self._tries()
        try:
            for what, limit in tries:
                rates.spend(what, limit, _WINDOW_S)
        except errors.TooMany as error:
            minutes = error.retry_after // 60 + 1
            raise forms.ValidationError(f"Too many tries. Try again in {minutes} min.", code="too-many") from error
        cleaned = super().clean()
        for what, _ in tries:
            rates.give_back(what, _WINDOW_S)
        return cleaned

    def _tries(self) -> tuple[tuple[str, int], ...]:
        account = digest(str(self.cleaned_data.get("username", "")))
        address = clients.address(self.request) if self.request else ""
        return (f"sign-in:account:{account}", _TRIES_ACCOUNT), (f"sign-in:address:{address}", _TRIES_ADDRESS)


class TokenForm(forms.Form):
    """What staff choose about a new API token."""

    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="What will use it, so that you know what stops when you revoke it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope, _SCOPE_LABELS[scope]) for scope in SCOPES],
        initial=[READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    days = forms.ChoiceField(label="It works for", choices=list(LIFETIMES.items()), initial="90", required=False)

    def clean_days(self) -> int | None:
        """Return the lifetime in days, None for no end."""
        days = self.cleaned_data["days"]
        return int(days) if days else None
