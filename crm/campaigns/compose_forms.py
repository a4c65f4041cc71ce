"""The form in which a campaign is written. What a mail must satisfy is said once, in entities."""

import re
import unicodedata
from typing import Any

from django import forms

from crm.campaigns.entities import MAX_BODY, MAX_NAME, MAX_SUBJECT, MAX_UTM, Mail, cleaned
from crm.core import errors
from crm.core.forms import refuse
from crm.core.utm import Utm

DEFAULTS = {"utm_source": "newsletter", "utm_medium": "email"}
_NO_WORD = re.compile(r"[^a-z0-9]+")


def suggested(name: str) -> str:
    """Return the UTM campaign that a campaign's name suggests: "Product Summit 2025" gives product_summit_2025."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NO_WORD.sub("_", plain).strip("_")[:MAX_UTM]


def _text(label: str, limit: int, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=limit, required=False, help_text=help_text, widget=widget)


class ComposeForm(forms.Form):
    """Name, mail and tracking. `suggestion` is what the name suggested last, so that own words are told from it."""

    name = _text("Name", MAX_NAME, "For your team; nobody who gets the mail sees it. Left empty, the subject serves.")
    subject = _text("Subject", MAX_SUBJECT, "Most inboxes show the first 60 characters.")
    body = forms.CharField(
        label="Body",
        max_length=MAX_BODY,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 13}),
        help_text="Plain text. An empty line starts a paragraph; addresses become links.",
    )
    utm_source = _text("Source", MAX_UTM)
    utm_medium = _text("Medium", MAX_UTM)
    utm_campaign = _text("Campaign", MAX_UTM)
    suggestion = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_body(self) -> str:
        """Undo what browsers do to the ends of lines."""
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Judge the mail as the action will; each thing wrong with it goes beside its field."""
        try:
            cleaned(self.mail())
        except errors.Invalid as invalid:
            refuse(self, invalid)
        return self.cleaned_data

    def mail(self) -> Mail:
        """Return what was typed. Call once the fields are cleaned."""
        typed = {name: self.cleaned_data.get(name, "") for name in self.fields}
        utm = Utm(typed["utm_source"], typed["utm_medium"], typed["utm_campaign"])
        return Mail(name=typed["name"], subject=typed["subject"], body=typed["body"], utm=utm)

    def suggest(self) -> None:
        """Put the name's suggestion where the UTM campaign is still the suggestion before; cleared, it stays so."""
        typed = {name: str(self[name].value() or "") for name in self.fields}
        if typed["utm_campaign"] == typed["suggestion"]:
            fresh = suggested(typed["name"] or typed["subject"])
            self.data = {**typed, "utm_campaign": fresh, "suggestion": fresh}

    def unjudged(self) -> "ComposeForm":
        """Return the same words in a form that does not say yet what is wrong with them."""
        return ComposeForm(initial={name: self[name].value() or "" for name in self.fields})
