"""The form in which a campaign is written."""

import re
import unicodedata

from django import forms

MAX_SUBJECT, MAX_BODY, MAX_UTM = 200, 100_000, 100
DEFAULTS = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": ""}
# The actions' spelling of each field back to the form's.
NAMES = {"utmSource": "utm_source", "utmMedium": "utm_medium", "utmCampaign": "utm_campaign"}
_NO_WORD = re.compile(r"[^a-z0-9]+")


def suggested(name: str) -> str:
    """Return the UTM campaign that a campaign's name suggests: "Product Summit 2025" gives product_summit_2025."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NO_WORD.sub("_", plain).strip("_")[:MAX_UTM]


class ComposeForm(forms.Form):
    """Name, mail and tracking. `suggestion` is what the name suggested last, so that own words are told from it."""

    name = forms.CharField(
        label="Name", max_length=MAX_SUBJECT, help_text="For you and your team; those who get the mail never see it."
    )
    subject = forms.CharField(
        label="Subject", max_length=MAX_SUBJECT, help_text="Most inboxes show the first 60 characters."
    )
    body = forms.CharField(
        label="Body",
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 13}),
        help_text="Plain text. An empty line starts a paragraph; addresses become links.",
    )
    utm_source = forms.CharField(label="Source", max_length=MAX_UTM, required=False)
    utm_medium = forms.CharField(label="Medium", max_length=MAX_UTM, required=False)
    utm_campaign = forms.CharField(label="Campaign", max_length=MAX_UTM, required=False)
    suggestion = forms.CharField(required=False, widget=forms.HiddenInput)

    def suggest(self) -> None:
        """Put the name's suggestion where the UTM campaign is still empty or still the suggestion before."""
        typed = {name: self[name].value() or "" for name in ("name", "utm_campaign", "suggestion")}
        if typed["utm_campaign"] in ("", typed["suggestion"]):
            fresh = suggested(typed["name"])
            self.data = {**self.data.dict(), "utm_campaign": fresh, "suggestion": fresh}

    def unjudged(self) -> "ComposeForm":
        """Return the same words in a form that does not say yet what is wrong with them."""
        return ComposeForm(initial={name: self[name].value() or "" for name in self.fields})
