"""The form in which a correction is written: subject and body; how its links are tagged comes from the original."""

from typing import Any

from django import forms

from crm.campaigns.entities import MAX_BODY, MAX_SUBJECT, MAX_UTM, Campaign, Mail, cleaned
from crm.core import errors
from crm.core.forms import refuse
from crm.core.utm import PARAMETERS, Utm

_PREFIX = "Correction: "


def _hidden() -> forms.CharField:
    return forms.CharField(required=False, max_length=MAX_UTM, widget=forms.HiddenInput)


class CorrectionForm(forms.Form):
    """Subject and body. The tracking travels along, so that the preview tags links as the mail will."""

    subject = forms.CharField(
        max_length=MAX_SUBJECT, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    body = forms.CharField(
        max_length=MAX_BODY,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 13}),
        help_text="Say first what was wrong, then what is right.",
    )
    utm_source = _hidden()
    utm_medium = _hidden()
    utm_campaign = _hidden()

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
        return Mail(name="", subject=typed["subject"], body=typed["body"], utm=Utm(*(typed[n] for n in PARAMETERS)))


def initial(campaign: Campaign) -> dict[str, str]:
    """Return what the form begins with."""
    utm = campaign.utm.parameters()
    return {"subject": f"{_PREFIX}{campaign.subject}"[:MAX_SUBJECT], **{name: utm.get(name, "") for name in PARAMETERS}}
