"""The filter of the People page: a form over the address, and what is in use as chips that can be taken off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from crm.core import errors, links
from crm.core.forms import refuse
from crm.core.sorting import PARAMETER as SORT
from crm.core.sorting import PLACE
from crm.people import phrases
from crm.search import filters
from crm.search.filters import EVERYONE, FIELDS, PARAMETERS, Filter, Kind

SELECT = "select"
# The segment that is open, which crm/segments shows.
SEGMENT = "segment"
# Where the filter builder is embedded.
FOR = "for"
# What the filter builder holds besides the filter.
DRAFT = "draft"
# Parameters of the page that say nothing about whom it shows.
NOT_FILTERS = frozenset({SORT, SELECT, SEGMENT, FOR, DRAFT, *PLACE})
SUGGESTED = ("company", "job_title", "city", "state", "gender", "tags")


def _text(label: str, name: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"list": f"values-{name}", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=200, widget=widget)


def _number(label: str, bound: str) -> forms.CharField:
    # A text field, so that what was typed comes back with its error; the browser still shows a number's keyboard.
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": bound})
    return forms.CharField(label=f"{label}, {bound}", required=False, widget=widget)


class FilterForm(forms.Form):
    """One input per simple filter. Its data is the address; whatever it has no input for stays in `kept`."""

    q = forms.CharField(required=False, max_length=200)
    company = _text("Company", "company")
    job_title = _text("Job title", "job_title")
    city = _text("City", "city")
    state = _text("State", "state")
    gender = _text("Gender", "gender")
    tags = _text("Tag", "tags")
    events_registered_min = _number("Registered", "at least")
    events_registered_max = _number("Registered", "at most")
    events_attended_min = _number("Attended", "at least")
    events_attended_max = _number("Attended", "at most")
    events_hosted_min = _number("Hosted", "at least")
    events_hosted_max = _number("Hosted", "at most")
    engagement_min = _number("Engagement score", "at least")
    engagement_max = _number("Engagement score", "at most")

    def __init__(self, query: QueryDict) -> None:
        self.query = _canonical(query)
        super().__init__(self.query, auto_id="filter-%s")
        self.where: Filter = EVERYONE

    def clean(self) -> dict[str, Any]:
        """Read the filter; each thing wrong with it goes beside its input."""
        try:
            self.where = filters.from_query(conditions(self.query))
        except errors.Invalid as invalid:
            refuse(self, invalid)
        return self.cleaned_data

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters to carry along as hidden inputs: sorting, and filters this form cannot show."""
        return [
            (name, value)
            for name, values in self.query.lists()
            for value in (values[:-1] if name in self.fields else values)
            if value and name not in (*PLACE, SELECT)
        ]

    @property
    def ranges(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """The pairs of number inputs, each with its heading."""
        return [
            (FIELDS[name].label.removeprefix("Events ").capitalize(), self[f"{name}_min"], self[f"{name}_max"])
            for name in ("events_registered", "events_attended", "events_hosted", "engagement")
        ]

    @property
    def texts(self) -> list[forms.BoundField]:
        """The text inputs of the panel."""
        return [self[name] for name in SUGGESTED]


def _canonical(query: QueryDict) -> QueryDict:
    """Bring both spellings of a parameter to the one the form's inputs have."""
    data = QueryDict(mutable=True)
    for name, values in query.lists():
        key = PARAMETERS[name].name if name in PARAMETERS else name
        data.setlist(key, [*data.getlist(key), *values])
    return data


def conditions(query: QueryDict) -> QueryDict:
    """Return only the parameters that filter, without empty ones: what `from_query` takes and a link carries."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in NOT_FILTERS and any(value.strip() for value in values):
            kept.setlist(name, [value for value in values if value.strip()])
    return kept


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use: `label` and `value` are read one after the other; `url` is the page without it."""

    label: str
    value: str
    url: str


def chips(path: str, query: QueryDict) -> list[Chip]:
    """Return a chip for each parameter that filters; text search is seen in its own input."""
    given = _canonical(query)
    shown = [(name, values) for name, values in conditions(given).lists() if name != "q"]
    place = dict.fromkeys((SELECT, *PLACE), "")
    return [Chip(*_words(name, values), links.changed(path, given, {**place, name: ""})) for name, values in shown]


_CHOSEN = {Kind.CAMPAIGN: "a chosen campaign", Kind.EVENT: "a chosen event"}


def _words(name: str, values: Sequence[str]) -> tuple[str, str]:
    parameter = PARAMETERS.get(name)
    if parameter is None:
        return _tree_words(name, values)
    field = parameter.field
    label = field.label.removeprefix("Events ").capitalize()
    either = _CHOSEN.get(field.kind) or " or ".join(values)
    match field.kind:
        case Kind.NUMBER | Kind.SCORE:
            return label, f"{'≥' if parameter.op == 'at_least' else '≤'} {either}"
        case Kind.FLAG | Kind.CAMPAIGN | Kind.EVENT:
            return label, either
        case Kind.TIME:
            return label, f"{'since' if parameter.op == 'after' else 'before'} {either}"
        case Kind.ID:
            return "Chosen people", str(len(values))
    return f"{label} is", either


def _tree_words(name: str, values: Sequence[str]) -> tuple[str, str]:
    query = QueryDict(mutable=True)
    query.setlist(name, list(values))
    try:
        return "", phrases.of(filters.from_query(query))
    except errors.Invalid:
        # The page says what is wrong with it; the chip is there so that it can be taken off.
        return name, "not understood"
