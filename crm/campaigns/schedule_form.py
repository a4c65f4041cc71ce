"""The form in which staff say when a scheduled campaign goes out, on the clock of a place."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from crm.campaigns import schedule
from crm.campaigns.entities import Campaign
from crm.core import clock, errors
from crm.core import zone as zones
from crm.core.forms import refuse
from crm.events.forms import LocalTimeField, zone_choices


class ScheduleForm(forms.Form):
    """A time on the wall and whose wall it is. Valid, `cleaned_data` has the `moment`, too."""

    at = LocalTimeField(label="Goes out")
    zone = forms.ChoiceField(label="Time zone", help_text="Whose clock shows this time.")

    def __init__(self, data: QueryDict | None, *, initial: Mapping[str, object]) -> None:
        super().__init__(data, initial=dict(initial))
        chooser = self.fields["zone"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = zone_choices(str(initial["zone"]))

    def clean(self) -> dict[str, Any]:
        """Find the moment; refuse one that is over, too far ahead, or that the clocks skip."""
        given = self.cleaned_data
        if "at" not in given or "zone" not in given:
            return given
        try:
            moment = schedule.on_clock(given["at"], given["zone"])
            given["moment"] = schedule.moment(moment, given["zone"], clock.now())
        except errors.Invalid as invalid:
            refuse(self, invalid)
        return given


def shown(campaign: Campaign) -> dict[str, object]:
    """Return what a form shows of a campaign's schedule: its time on the clock of its zone, or of the reader's."""
    place = campaign.zone or zones.current_key()
    at = campaign.scheduled_at
    return {"zone": place, "at": None if at is None else at.astimezone(ZoneInfo(place)).replace(tzinfo=None)}
