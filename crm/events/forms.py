"""The forms of the event pages. Times are typed in the event's own time zone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from crm.core.forms import in_words, reopen
from crm.events.entities import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_CAPACITY,
    MAX_DESCRIPTION,
    MAX_TITLE,
    STATUSES,
    Event,
    EventFields,
)

# How errors.Invalid and errors.Conflict spell the form's fields.
NAMES = {"startAt": "start_at", "endAt": "end_at", "maxCapacity": "max_capacity", "usesCheckIn": "uses_check_in"}
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
WHEN = (("", "Any time"), ("upcoming", "Upcoming"), ("past", "Past"))


def zone_choices(chosen: str = "") -> list[tuple[str, object]]:
    """Return UTC, then every place by region, as a select shows them.

    `chosen` comes first where it is a zone of another name, such as US/Eastern: what was stored must not get lost.
    """
    places: dict[str, list[tuple[str, str]]] = {region: [] for region in _REGIONS}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if region in places and place:
            places[region].append((name, place.replace("_", " ").replace("/", ", ")))
    found: list[tuple[str, object]] = [("UTC", "UTC"), *places.items()]
    known = {"UTC", *(name for names in places.values() for name, _ in names)}
    return [(chosen, chosen), *found] if chosen not in known and chosen in available_timezones() else found


class LocalTimeField(forms.Field):
    """A date and a time on the wall, without a zone: naive until the form knows where the event is."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: object) -> datetime | None:
        """Read what a datetime-local input sends."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("Give a date and a time, such as 2025-08-01 09:00.") from None
        if moment.tzinfo is not None:
            raise forms.ValidationError("Give the time without an offset; the event's time zone applies.")
        # Told here already: at the ends of the calendar a time cannot be carried from one zone to another.
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise forms.ValidationError(f"Between the years {FIRST_YEAR} and {LAST_YEAR}.")
        return moment


class EventForm(forms.Form):
    """What people type about an event. Owner and hosts have a page of their own, because finding people needs room."""

    title = forms.CharField(max_length=MAX_TITLE, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    start_at = LocalTimeField(label="Starts")
    end_at = LocalTimeField(label="Ends")
    timezone = forms.ChoiceField(label="Time zone", help_text="Both times are read, and shown, in this zone.")
    venue = forms.CharField(max_length=MAX_TITLE, required=False)
    max_capacity = forms.IntegerField(
        label="Places",
        min_value=0,
        max_value=MAX_CAPACITY,
        required=False,
        initial=0,
        help_text="0 for no limit. Whoever registers when all are taken waits in line.",
        error_messages={"invalid": "Give 0 for no limit, or a number of places."},
    )
    description = forms.CharField(
        max_length=MAX_DESCRIPTION, required=False, widget=forms.Textarea(attrs={"rows": 6, "class": "short"})
    )
    slug = forms.CharField(
        label="Link name",
        max_length=MAX_TITLE,
        required=False,
        help_text="Made from the title when left empty.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    uses_check_in = forms.BooleanField(
        label="Check people in at the door",
        required=False,
        help_text="Then attended counts those who came. Otherwise it counts everybody registered.",
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, zone: str = "UTC", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        chooser = self.fields["timezone"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = zone_choices(zone)
        if self["timezone"].initial is None:
            chooser.initial = zone

    def clean(self) -> dict[str, object]:
        """Read both times on the wall of the event's zone; refuse one that the clocks skip there."""
        cleaned: dict[str, object] = self.cleaned_data
        zone = ZoneInfo(str(cleaned.get("timezone") or "UTC"))
        for name in ("start_at", "end_at"):
            typed = cleaned.get(name)
            if not isinstance(typed, datetime):
                continue
            typed = self._unless_as_shown(name, typed)
            # Of an hour that autumn repeats, the first is meant.
            moment = typed.replace(tzinfo=zone).astimezone(UTC)
            # A time inside the hour that spring skips comes back from UTC as another one.
            if moment.astimezone(zone).replace(tzinfo=None) != typed:
                self.add_error(name, "The clocks skip this hour on that day. Give a time before or after it.")
            cleaned[name] = moment
        return cleaned

    def _unless_as_shown(self, name: str, typed: datetime) -> datetime:
        """Return what is stored where nobody changed what the form showed of it.

        It shows neither seconds nor which of two equal hours is meant, and saving another field must not lose them.
        """
        stored = self.initial.get(name)
        if not isinstance(stored, datetime) or self.cleaned_data.get("timezone") != self.initial.get("timezone"):
            return typed
        return stored if typed == stored.replace(second=0, microsecond=0) else typed

    def values(self) -> dict[str, object]:
        """Return the valid form's values, as `EventFields` spells them."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "revision"}
        return {**given, "max_capacity": given["max_capacity"] or 0}

    def reopened_on(self, stored: Event) -> list[str]:
        """Where the form is stale, open it on what is stored by now, and say how that differs from what was typed."""
        shown: Mapping[str, object] = initial(stored)
        names = [name for name in self.fields if name != "revision"]
        typed = {name: in_words(self[name].value()) for name in names}
        return reopen(self, stored.revision, typed, {name: in_words(shown[name]) for name in names})


def initial(event: Event) -> dict[str, object]:
    """Return an event as the form shows it: times on the wall of its own zone."""
    fields: EventFields = event.fields
    zone = ZoneInfo(fields.timezone)
    return {
        "title": fields.title,
        "slug": fields.slug,
        "description": fields.description,
        "venue": fields.venue,
        "timezone": fields.timezone,
        "start_at": fields.start_at.astimezone(zone).replace(tzinfo=None),
        "end_at": fields.end_at.astimezone(zone).replace(tzinfo=None),
        "max_capacity": fields.max_capacity,
        "uses_check_in": fields.uses_check_in,
        "revision": event.revision,
    }


class EventFilterForm(forms.Form):
    """Which events the list shows. Every field may be left out."""

    q = forms.CharField(required=False)
    status = forms.ChoiceField(required=False, choices=[("", "All"), *((status, status) for status in STATUSES)])
    when = forms.ChoiceField(label="When", required=False, choices=WHEN)
