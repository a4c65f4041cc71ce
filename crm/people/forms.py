"""The form of a person. What a value must satisfy is said once, in entities; here it only gets its place."""

from typing import Any

from django import forms

from crm.core.forms import reopen
from crm.people.entities import API_NAMES, MAX_LENGTH, MAX_LENGTHS, Person

# The API's spelling of each field back to the form's.
FORM_NAMES = {camel: name for name, camel in API_NAMES.items()}


def _text(label: str, name: str, *, help_text: str = "", **attrs: str) -> forms.CharField:
    limit = MAX_LENGTHS.get(name, MAX_LENGTH)
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, required=False, max_length=limit, help_text=help_text, widget=widget)


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
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, person: Person) -> "PersonForm":
        """Return the form filled with what is stored."""
        typed = {name: getattr(person.fields, name) for name in cls.base_fields if name != "revision"}
        return cls(initial={**typed, "revision": person.revision})

    def values(self) -> dict[str, Any]:
        """Return the fields as an action takes them. Call after `is_valid`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}

    def reopened_on(self, stored: Person) -> list[str]:
        """Where the form is stale, open it on what is stored by now, and say how that differs from what was typed."""
        if not self.is_bound:
            return []
        typed = self.values()
        return reopen(self, stored.revision, typed, {name: str(getattr(stored.fields, name)) for name in typed})
