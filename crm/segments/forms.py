"""The form of a segment. What a name must satisfy is said once, in entities."""

from django import forms

from crm.core.forms import reopen
from crm.segments.entities import MAX_NAME, Segment


class SegmentForm(forms.Form):
    """A segment's name; its filter stands in the address. `revision` is the one the form was opened on."""

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        help_text="For your team, such as “New York founders”.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def reopened_on(self, stored: Segment) -> list[str]:
        """Where the form is stale, open it on what is stored by now, and say how that differs from what was typed."""
        if not self.is_bound:
            return []
        typed = {"name": str(self.cleaned_data.get("name", ""))}
        return reopen(self, stored.revision, typed, {"name": stored.name})
