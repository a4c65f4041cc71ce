"""The question an analytics page asks, read from its address. Days begin at midnight where the viewer is."""

from dataclasses import replace
from datetime import datetime, timedelta

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from crm.analytics import columns
from crm.analytics.columns import HUMAN, LAST, MODELS, TRAFFIC, Column
from crm.analytics.store import Question
from crm.analytics.tree import BY_NAME, DEFAULT_SORT
from crm.core import errors
from crm.core.utm import PARAMETERS

ANY_TIME = "all"
# The days a period spans, today among them.
_DAYS = {"1": 1, "7": 7, "30": 30, "90": 90, "365": 365}
PERIODS = (
    ("1", "Today"),
    ("7", "Last 7 days"),
    ("30", "Last 30 days"),
    ("90", "Last 90 days"),
    ("365", "Last 12 months"),
    (ANY_TIME, "Any time"),
)
_INTERVALS = {"1": "hour", "7": "day", "30": "day", "90": "day", "365": "week", ANY_TIME: "week"}
DEFAULT_PERIOD = "30"
MAX_LENGTH = 200


INTERVALS = ("hour", "day", "week")
# With more days than these, nobody reads their hours.
_DAYS_BY_THE_HOUR = 7
# What an address keeps from one page of the analytics to another.
SHARED = (*PARAMETERS, "campaign_id", "period", "traffic", "model")
_NAMES = [column.name for column in columns.columns(HUMAN, LAST)]
_SORTS = [sort for name in _NAMES for sort in (name, f"-{name}")]


class QuestionForm(forms.Form):
    """Which numbers: by UTM, period, whose opens and clicks count, which touch is credited, and in which order.

    Each may be left out.
    """

    utm_source = forms.CharField(label="Source", required=False, max_length=MAX_LENGTH)
    utm_medium = forms.CharField(label="Medium", required=False, max_length=MAX_LENGTH)
    utm_campaign = forms.CharField(label="Campaign", required=False, max_length=MAX_LENGTH)
    campaign_id = forms.CharField(required=False, max_length=MAX_LENGTH)
    period = forms.ChoiceField(label="Period", required=False, choices=PERIODS)

    traffic = forms.ChoiceField(required=False, choices=TRAFFIC.items())
    model = forms.ChoiceField(label="Credit", required=False, choices=MODELS.items())
    sort_by = forms.ChoiceField(
        required=False, choices=[(name, name) for name in (BY_NAME, f"-{BY_NAME}", *_SORTS)], initial=DEFAULT_SORT
    )

    @property
    def traffic_chosen(self) -> str:
        """Whose opens and clicks count, for the valid form."""
        return str(self.cleaned_data["traffic"]) or HUMAN

    @property
    def model_chosen(self) -> str:
        """The touch that registrations are credited to, for the valid form."""
        return str(self.cleaned_data["model"]) or LAST

    @property
    def columns(self) -> list[Column]:
        """The numbers that the valid form asks for."""
        return columns.columns(self.traffic_chosen, self.model_chosen)

    @property
    def sort(self) -> str:
        """The valid form's order; the default where none is given."""
        return str(self.cleaned_data["sort_by"]) or DEFAULT_SORT

    @property
    def period_chosen(self) -> str:
        """The valid form's period; the default where none is given."""
        return str(self.cleaned_data["period"]) or DEFAULT_PERIOD

    @property
    def interval(self) -> str:
        """What one bar of the chart over time stands for."""
        return _INTERVALS[self.period_chosen]

    @property
    def question(self) -> Question:
        """The valid form as the store takes it; `before` is midnight after today."""
        source, medium, campaign = (str(self.cleaned_data[name]) for name in PARAMETERS)
        ours = str(self.cleaned_data["campaign_id"])
        days = _DAYS.get(self.period_chosen)
        if days is None:
            return Question(source, medium, campaign, ours)
        before = _midnight() + timedelta(days=1)
        # Counted on the wall, so that a day of 23 or 25 hours is one day.
        return Question(source, medium, campaign, ours, since=before - timedelta(days=days), before=before)


class FunnelForm(QuestionForm):
    """The same, and the event whose registrations count."""

    event = forms.CharField(label="Event", required=False, max_length=MAX_LENGTH)


class EventsForm(FunnelForm):
    """The same: registrations, those of one event or of all."""

    @property
    def event_chosen(self) -> str:
        """The event's id; empty for all."""
        return str(self.cleaned_data["event"])

    @property
    def columns(self) -> list[Column]:
        """Registered and attended, each opening those of the event that is asked for."""
        found = [column for column in super().columns if column.page == "registrations"]
        return [column.narrowed(event=self.event_chosen) for column in found] if self.event_chosen else found

    @property
    def column(self) -> Column:
        """The number that is shown over time."""
        return self.columns[0]

    @property
    def sort(self) -> str:
        """The order of the sources."""
        return str(self.cleaned_data["sort_by"]) or "-registered"

    @property
    def previous(self) -> None:
        """No period stands beside it: the Time page compares."""
        return None


class LinksForm(QuestionForm):
    """The same, of links."""

    sort_by = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{name}",) * 2 for name in (BY_NAME, "clicked", "clicks") for sign in ("", "-")],
    )

    @property
    def columns(self) -> list[Column]:
        """Mails in which a link was clicked, and its clicks."""
        return columns.of_links(self.traffic_chosen)

    @property
    def sort(self) -> str:
        """The order of the links."""
        return str(self.cleaned_data["sort_by"]) or "-clicked"


class TimeForm(QuestionForm):
    """The same, and which number, by hours, days or weeks."""

    measure = forms.ChoiceField(label="Number", required=False, choices=[(name, name) for name in _NAMES])
    per = forms.ChoiceField(label="Per", required=False, choices=[(name, name) for name in INTERVALS])

    def clean(self) -> None:
        """Refuse hours of a long period."""
        period = str(self.cleaned_data.get("period") or DEFAULT_PERIOD)
        if self.cleaned_data.get("per") == "hour" and _DAYS.get(period, _DAYS_BY_THE_HOUR + 1) > _DAYS_BY_THE_HOUR:
            self.add_error("per", f"Hours are shown for up to {_DAYS_BY_THE_HOUR} days.")

    @property
    def interval(self) -> str:
        """What one bar stands for."""
        return str(self.cleaned_data["per"]) or super().interval

    @property
    def column(self) -> Column:
        """The number that is shown."""
        wanted = str(self.cleaned_data["measure"]) or _NAMES[0]
        return next(column for column in self.columns if column.name == wanted)

    @property
    def previous(self) -> Question | None:
        """The question of the period before, as long on the wall; None where the period has no start."""
        asked, days = self.question, _DAYS.get(self.period_chosen)
        if asked.since is None or days is None:
            return None
        return replace(asked, since=asked.since - timedelta(days=days), before=asked.since)


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def read[Form: QuestionForm](request: HttpRequest, *others: str, kind: type[Form]) -> Form:
    """Read an address. Raises errors.Invalid naming what is wrong with it; `others` are parameters of other meaning."""
    form = kind(request.GET)
    problems = {name: "There is no such parameter." for name in request.GET if name not in {*form.fields, *others}}
    if not form.is_valid():
        problems |= {name: " ".join(map(str, found)) for name, found in form.errors.items()}
    if problems:
        raise errors.Invalid(problems)
    return form
