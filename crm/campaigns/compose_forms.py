"""The form in which a campaign is written. What a mail must satisfy is said once, in entities."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from crm.campaigns import schedule
from crm.campaigns.entities import MAX_BODY, MAX_NAME, MAX_SUBJECT, MAX_UTM, Mail, cleaned
from crm.core import clock, errors, zone
from crm.core.forms import in_words, refuse, reopen
from crm.core.utm import Utm
from crm.events.forms import LocalTimeField, zone_choices
from crm.suppressions.kinds import DEFAULT, KINDS

NOW, LATER = "now", "later"
_NO_WORD = re.compile(r"[^a-z0-9]+")


def defaults() -> Mapping[str, str]:
    """Return what an empty form proposes."""
    return {
        "utm_source": "newsletter",
        "utm_medium": "email",
        "kind": DEFAULT,
        "when": NOW,
        "zone": zone.current_key(),
    }


def suggested(name: str) -> str:
    """Return the UTM campaign that a campaign's name suggests: "Product Summit 2025" gives product_summit_2025."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NO_WORD.sub("_", plain).strip("_")[:MAX_UTM]


def _text(label: str, limit: int, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=limit, required=False, help_text=help_text, widget=widget)


class ComposeForm(forms.Form):
    """Name, mail, tracking, and when it goes out. A draft may lack what a mail needs.

    `suggestion` is what the name suggested last, so that own words are told from it; `revision` the draft's, as it was
    opened. Valid, and to go out later, `cleaned_data` has the `moment`, too.
    """

    name = _text("Name", MAX_NAME, "For your team; nobody who gets the mail sees it. Left empty, the subject serves.")
    subject = _text("Subject", MAX_SUBJECT, "Most inboxes show the first 60 characters. Fields work here, too.")
    body = forms.CharField(
        label="Body",
        max_length=MAX_BODY,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 13, "class": "code"}),
        help_text="Markdown, with fields such as {{ firstName|there }}. An empty line starts a paragraph.",
    )
    kind = forms.ChoiceField(
        label="Kind of mail",
        choices=tuple(KINDS.items()),
        help_text="People may unsubscribe from one kind and keep getting the others.",
    )
    utm_source = _text("Source", MAX_UTM)
    utm_medium = _text("Medium", MAX_UTM)
    utm_campaign = _text("Campaign", MAX_UTM)
    when = forms.ChoiceField(label="When to send", choices=((NOW, "Now"), (LATER, "At a set time")), required=False)
    at = LocalTimeField(label="Date and time", required=False)
    zone = forms.ChoiceField(label="Time zone", required=False, help_text="Whose clock shows this time.")
    suggestion = forms.CharField(required=False, widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, *, initial: Mapping[str, object] | None = None, is_draft: bool = False
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self._is_draft = is_draft
        # Posted by scripts and old pages without it, a mail is of the usual kind.
        self.fields["kind"].required = False
        chooser = self.fields["zone"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = zone_choices(str(self["zone"].value() or ""))

    def clean_kind(self) -> str:
        """Return the kind, the usual one where none is given."""
        return str(self.cleaned_data["kind"] or DEFAULT)

    def clean_zone(self) -> str:
        """Return the zone, the reader's where none is given."""
        return str(self.cleaned_data["zone"] or zone.current_key())

    def clean_body(self) -> str:
        """Undo what browsers do to the ends of lines."""
        return str(self.cleaned_data["body"]).replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Judge the mail as the action will; each thing wrong with it goes beside its field."""
        try:
            cleaned(self.mail(), is_draft=self._is_draft)
        except errors.Invalid as invalid:
            refuse(self, invalid)
        if self.is_later:
            self._find_moment()
        return self.cleaned_data

    def _find_moment(self) -> None:
        given = self.cleaned_data
        if not given.get("at"):
            if "at" in given and not self._is_draft:
                self.add_error("at", "Say when it goes out.")
            return
        try:
            moment = schedule.on_clock(given["at"], given.get("zone", ""))
            # When a draft goes out is judged once it does.
            given["moment"] = moment if self._is_draft else schedule.moment(moment, given["zone"], clock.now())
        except errors.Invalid as invalid:
            refuse(self, invalid)

    @property
    def is_later(self) -> bool:
        """Whether the mail is to go out at a set time."""
        return str(self["when"].value()) == LATER

    @property
    def moment(self) -> datetime | None:
        """When the mail goes out, None for at once. Call once the form is valid."""
        moment: datetime | None = self.cleaned_data.get("moment")
        return moment

    @property
    def place(self) -> str:
        """On whose clock that was chosen; empty for at once."""
        return str(self.cleaned_data["zone"]) if self.moment else ""

    def reopened_on(self, stored: Mapping[str, object]) -> list[str]:
        """Where the form is stale, open it on the draft as it is stored by now; return what differs there.

        `stored`: what a form on that draft begins with.
        """
        names = [name for name in self.fields if name not in ("revision", "suggestion")]
        typed = {name: in_words(self[name].value()) for name in names}
        return reopen(self, int(str(stored["revision"])), typed, {name: in_words(stored[name]) for name in names})

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
            self.data = {**dict(self.data.items()), **typed, "utm_campaign": fresh, "suggestion": fresh}

    @property
    def complaint(self) -> str:
        """All that is wrong, in one line."""
        found = self.errors.get_json_data()
        labels = {name: f"{self[name].label}: " for name in self.fields}
        return " ".join(labels.get(name, "") + one["message"] for name, told in found.items() for one in told)

    def unjudged(self) -> "ComposeForm":
        """Return the same words in a form that does not say yet what is wrong with them."""
        return ComposeForm(initial={name: self[name].value() or "" for name in self.fields})
