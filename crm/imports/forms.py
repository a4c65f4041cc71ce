"""The forms of imports: a file; and what its columns are, with what is to happen to people who are known."""

from typing import BinaryIO

from django import forms
from django.core.files.uploadedfile import UploadedFile

from crm.imports.entities import CREATE, LABELS, SKIP, TAGS, UPDATE, Import, Settings
from crm.imports.reading import split_tags

_NOT_TAKEN = "Leave out"
TREATMENTS = (
    (UPDATE, "Update them: filled cells replace what is stored, tags are added"),
    (SKIP, "Leave them as they are"),
    (CREATE, "Refuse their rows, and list them with the reason"),
)


class UploadForm(forms.Form):
    """A file of people."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        help_text="From any program, with a column of e-mail addresses. You choose next what its columns are.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values"}),
    )

    def name(self) -> str:
        """Return what the file is called."""
        return self._given().name or ""

    def size(self) -> int:
        """Return how many bytes it has."""
        return self._given().size or 0

    def content(self) -> BinaryIO:
        """Return the file itself, on disk where it is not small."""
        return self._given().file  # type: ignore[return-value]

    def _given(self) -> "UploadedFile[bytes]":
        given: UploadedFile[bytes] = self.cleaned_data["file"]
        return given


class StartForm(forms.Form):
    """What each column is, what is to happen to people who are known already, and tags for everybody."""

    treatment = forms.ChoiceField(label="People who are here already", choices=TREATMENTS, widget=forms.RadioSelect)
    tags = forms.CharField(
        label="Tags for everybody in this file",
        required=False,
        max_length=500,
        help_text="Several with a semicolon between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, found: Import, data: object = None) -> None:
        initial = {"treatment": found.settings.treatment, "tags": "; ".join(found.settings.tags)}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self._places = range(len(found.head))
        for place, (name, field) in enumerate(zip(found.head, found.settings.columns, strict=True)):
            choices = [("", _NOT_TAKEN), *LABELS.items()]
            self.fields[self._name(place)] = forms.ChoiceField(
                label=name, choices=choices, required=False, initial=field
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        """The choice for each column, in the file's order."""
        return [self[self._name(place)] for place in self._places]

    def settings(self) -> Settings:
        """Return what was chosen. Call after `is_valid`."""
        chosen = self.cleaned_data
        columns = tuple(chosen[self._name(place)] for place in self._places)
        return Settings(columns, chosen["treatment"], split_tags(chosen[TAGS]))

    @staticmethod
    def _name(place: int) -> str:
        return f"column-{place}"
