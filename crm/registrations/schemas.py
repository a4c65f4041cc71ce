"""The shapes in which the API takes and answers registrations."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import Field

from crm.core import clock, touches, utm
from crm.core.api.schemas import In, ListQuery, Out, PageOut
from crm.core.touches import DIRECT, Touch, Touches
from crm.core.utm import Utm
from crm.registrations.entities import Registration
from crm.registrations.queries import DEFAULT_SORT
from crm.search.documents import RegistrationDocument

Status = Literal["registered", "waitlisted", "cancelled"]


_UTM = "What led them here, as in a link's query; first and last touch of the registration."


class RegistrationIn(In):
    """Who is to be registered, and where they came from."""

    user_id: str = Field(alias="user_id", min_length=1, max_length=128)
    utm_source: str = Field("", alias="utm_source", description=_UTM, examples=["newsletter"])
    utm_medium: str = Field("", alias="utm_medium", examples=["email"])
    utm_campaign: str = Field("", alias="utm_campaign", examples=["june"])

    def touches(self) -> Touches:
        """Return the one touch that the UTM parameters are, at this moment.

        Raises:
            errors.Invalid: one of them is too long, or holds control characters.
        """
        given = utm.cleaned(Utm(self.utm_source, self.utm_medium, self.utm_campaign))
        return DIRECT.then(touches.of_utm(given, clock.now()))


class TouchOut(Out):
    """A visit that led to a registration. `campaignId` where it came from a mail of that campaign, else empty."""

    source: str
    medium: str
    campaign: str
    campaign_id: str
    at: datetime

    @classmethod
    def of(cls, touch: Touch | None) -> "TouchOut | None":
        """Answer a touch; None where there was none."""
        return None if touch is None else cls(**asdict(touch))


class RegistrationOut(Out):
    """A person at an event."""

    event_id: str
    user_id: str
    status: Status
    registered_at: datetime | None
    waitlisted_at: datetime | None
    cancelled_at: datetime | None
    checked_in_at: datetime | None
    created_at: datetime
    updated_at: datetime
    first_touch: TouchOut | None
    last_touch: TouchOut | None

    @classmethod
    def of(cls, row: Registration | RegistrationDocument) -> "RegistrationOut":
        """Answer one registration, or a row of a list."""
        same = cls.model_fields.keys() - {"user_id", "first_touch", "last_touch"}
        return cls(
            user_id=row.person_id,
            first_touch=TouchOut.of(row.first_touch),
            last_touch=TouchOut.of(row.last_touch),
            **{name: getattr(row, name) for name in same},
        )


class RegistrationPage(PageOut[RegistrationOut]):
    """A page of registrations."""


class RegistrationsQuery(ListQuery):
    """How registrations are listed."""

    status: Status | None = None
    sort_by: str = Field(DEFAULT_SORT, max_length=50)
