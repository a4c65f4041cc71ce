"""The one thing the pages of registrations send: who."""

from django import forms


class WhoForm(forms.Form):
    """A person, chosen from a list, and the page to come back to."""

    person_id = forms.CharField(max_length=200)
    next = forms.CharField(max_length=4_000, required=False)
