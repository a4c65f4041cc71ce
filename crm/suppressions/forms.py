"""The forms of the do-not-mail list."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from crm.people import builder_page
from crm.suppressions.entities import MAX_EMAIL, MAX_REASON
from crm.suppressions.kinds import KINDS

# People know nothing of kinds of mail, but are filtered by those that they left.
builder_page.CHOICES["unsubscribed_from"] = KINDS


class SuppressionForm(forms.Form):
    """One address, and why it is not to be mailed."""

    email = forms.EmailField(
        label="E-mail", max_length=MAX_EMAIL, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        required=False,
        help_text="Shown in the list, for whoever wonders later.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ImportForm(forms.Form):
    """A file of addresses."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        help_text="A column “email”, and “reason” if you like. Addresses on the list already stay as they are.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def name(self) -> str:
        """Return what the file is called, as far as it can be shown."""
        name = self._given().name or "file"
        return "".join(char for char in name if char.isprintable())[:MAX_REASON]

    def content(self, most: int) -> bytes:
        """Return what is in the file, of a longer one a byte more than `most`."""
        return bytes(self._given().read(most + 1))

    def _given(self) -> "UploadedFile[bytes]":
        given: UploadedFile[bytes] = self.cleaned_data["file"]
        return given
