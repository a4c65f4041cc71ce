"""The form of a person. What a value must satisfy is said once, in entities; here it only gets its place."""

import csv
from collections.abc import Iterable
from typing import Any

from django import forms

from crm.core.forms import reopen
from crm.people.entities import API_NAMES, MAX_LENGTH, MAX_LENGTHS, MAX_TAG_LENGTH, MAX_TAGS, Person

# The API's spelling of each field back to the form's.
FORM_NAMES = {camel: name for name, camel in API_NAMES.items()}


def _text(label: str, name: str, *, help_text: str = "", **attrs: str) -> forms.CharField:
    limit = MAX_LENGTHS.get(name, MAX_LENGTH)
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, required=False, max_length=limit, help_text=help_text, widget=widget)


def written(texts: Iterable[str]) -> str:
    """Return texts in one line with commas between them; one that holds a comma itself stands in quotes."""
    return ", ".join(f'"{text.replace('"', '""')}"' if set(text) & set(',"') else text for text in texts)


def listed(line: str) -> list[str]:
    """Return what stands in such a line, without empty parts."""
    try:
        cells = [cell for row in csv.reader(line.splitlines(), skipinitialspace=True) for cell in row]
    except csv.Error:
        # A part longer than any value may be.
        cells = line.split(",")
    return [cell.strip() for cell in cells if cell.strip()]


class TagsField(forms.CharField):
    """Tags as `written`; its value is the tuple of them, each once, without what surrounds them."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Django's
        widget = forms.TextInput(attrs={"autocomplete": "off"})
        # Each in quotes, with a comma.
        longest = MAX_TAGS * (MAX_TAG_LENGTH + 4)
        super().__init__(required=False, max_length=longest, widget=widget, **options)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - Django's
        """Return the tags that were typed."""
        return tuple(dict.fromkeys(listed(super().clean(value))))


class PersonForm(forms.Form):
    """Everything staff type about a person. `revision` is the one the form was opened on."""

    first_name = _text("First name", "first_name")
    last_name = _text("Last name", "last_name")
    email = forms.CharField(
        label="E-mail",
        max_length=MAX_LENGTHS["email"],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "An e-mail address is required."},
    )
    phone_number = _text("Phone", "phone_number", type="tel", help_text="Kept as you type it.")
    job_title = _text("Job title", "job_title")
    company = _text("Company", "company")
    city = _text("City", "city")
    state = _text("State", "state")
    gender = _text("Gender", "gender")
    avatar = _text("Picture", "avatar", type="url", help_text="An address. It is kept, never loaded by this page.")
    tags = TagsField(label="Tags", help_text="Commas between them. People are filtered by them.")
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, person: Person) -> "PersonForm":
        """Return the form filled with what is stored."""
        return cls(initial={**_typed(person), "revision": person.revision})

    def values(self) -> dict[str, Any]:
        """Return the fields as an action takes them. Call after `is_valid`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}

    def reopened_on(self, stored: Person) -> list[str]:
        """Where the form is stale, open it on what is stored by now, and say how that differs from what was typed."""
        if not self.is_bound:
            return []
        typed = {**self.values(), "tags": written(self.cleaned_data["tags"])}
        return reopen(self, stored.revision, typed, _typed(stored))


def _typed(person: Person) -> dict[str, str]:
    """Return what is stored as one would type it."""
    names = (name for name in PersonForm.base_fields if name not in ("tags", "revision"))
    return {**{name: getattr(person.fields, name) for name in names}, "tags": written(person.fields.tags)}
