"""The shapes in which the API takes orders to tag many people, and says how far they are."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from crm.core import errors
from crm.core.api.schemas import In, Out
from crm.people import filter_body
from crm.people.entities import MAX_TAGS
from crm.people.tagging_job import Tagging, Tags
from crm.search import filters
from crm.search.filters import Filter

_MOST = 1_000
_PersonId = Annotated[str, Field(pattern=r"^[0-9a-z]{1,64}$")]


class TaggingIn(In):
    """Tags to put on and to take off; of everybody whom `filter` matches, or of those whom `userIds` names.

    Case does not tell tags apart; who has one keeps its spelling.
    """

    add: list[str] = Field(default_factory=list, max_length=MAX_TAGS)
    remove: list[str] = Field(default_factory=list, max_length=MAX_TAGS)
    filter: dict[str, Any] = Field(
        default_factory=dict, description="As `POST /emails/send` takes it: a tree, or fields of GET /users/filter."
    )
    all: bool = Field(False, description="Asks for everybody, with an empty filter.")
    user_ids: list[_PersonId] = Field(default_factory=list, max_length=_MOST, description="Instead of a filter.")

    def tags(self) -> Tags:
        """Return which tags to put on and which to take off."""
        return Tags(tuple(self.add), tuple(self.remove))

    def where(self) -> Filter:
        """Return whose tags to change where nobody is named.

        Raises:
            errors.Invalid: naming the filter's field that is wrong, or `all` or `userIds` where it contradicts it.
        """
        if self.user_ids and (self.filter or self.all):
            raise errors.Invalid({"userIds": "Name people or a filter, not both."})
        where = filter_body.read(self.filter)
        if not self.user_ids:
            filter_body.demand_meant(where, is_everybody=self.all)
        return where


class TaggingOut(Out):
    """An order to tag many people. `state`: choosing, working, done or cancelled.

    `total` is null while the people are being chosen. Of the first `done` of them, the tags of `changed` were changed,
    `same` had them so already, `gone` are deleted, and `full` have as many tags as one may have.
    """

    id: str
    state: str
    filter: dict[str, Any]
    add: list[str]
    remove: list[str]
    total: int | None
    done: int
    changed: int
    same: int
    gone: int
    full: int
    started_at: datetime

    @classmethod
    def of(cls, job: Tagging) -> "TaggingOut":
        """Answer a job."""
        same = ("id", "state", "total", "changed", "same", "gone", "full", "started_at")
        return cls(
            **{name: getattr(job, name) for name in same},
            filter=filters.to_json(job.where),
            add=list(job.tags.add),
            remove=list(job.tags.remove),
            done=job.next_row,
        )
