"""The shapes in which the API takes and answers registrations."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm.core.api.schemas import In, ListQuery, Out, PageOut
from crm.registrations.entities import Registration
from crm.registrations.queries import DEFAULT_SORT
from crm.search.documents import RegistrationDocument

Status = Literal["registered", "waitlisted", "cancelled"]


class RegistrationIn(In):
    """Who is to be registered."""

    user_id: str = Field(alias="user_id", min_length=1, max_length=128)


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

    @classmethod
    def of(cls, row: Registration | RegistrationDocument) -> "RegistrationOut":
        """Answer one registration, or a row of a list."""
        same = cls.model_fields.keys() - {"user_id"}
        return cls(user_id=row.person_id, **{name: getattr(row, name) for name in same})


class RegistrationPage(PageOut[RegistrationOut]):
    """A page of registrations."""


class RegistrationsQuery(ListQuery):
    """How registrations are listed."""

    status: Status | None = None
    sort_by: str = Field(DEFAULT_SORT, max_length=50)
