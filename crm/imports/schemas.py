"""The shapes in which the API takes files of people and says what became of them."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from pydantic import Field

from crm.core import errors
from crm.core.api.schemas import In, ListQuery, Out, PageOut
from crm.imports.entities import LABELS, BadRow, Import, Settings
from crm.imports.reading import split_tags
from crm.people.entities import API_NAMES

_FIELDS = {API_NAMES.get(name, name): name for name in LABELS}


class ImportIn(In):
    """How the file beside it is to be taken.

    `columns` is a JSON object from the file's heads to fields (`email`, `firstName`, `lastName`, `name` for both in
    one, `phoneNumber`, `jobTitle`, `company`, `city`, `state`, `tags`, `gender`, `avatar`); left out, they are guessed.
    `treatment` of people who are known: `update`, `skip` or `create` (refuse their rows). `tags`, with semicolons
    between them, are given to everybody in the file.
    """

    columns: str = Field("", max_length=20_000)
    treatment: str = Field("update", max_length=20)
    tags: str = Field("", max_length=3_000)

    def settings(self, found: Import) -> Settings:
        """Return what this says of a file. Raises errors.Invalid, naming `columns`."""
        columns = self._columns(found.head) if self.columns else found.settings.columns
        return Settings(columns, self.treatment, split_tags(self.tags))

    def _columns(self, head: Sequence[str]) -> tuple[str, ...]:
        try:
            given = orjson.loads(self.columns)
        except orjson.JSONDecodeError as error:
            raise errors.Invalid({"columns": "A JSON object from heads to fields."}) from error
        if not isinstance(given, dict) or not all(isinstance(field, str) for field in given.values()):
            raise errors.Invalid({"columns": "A JSON object from heads to fields."})
        if strange := sorted(given.keys() - set(head)):
            raise errors.Invalid({"columns": f"The file has no column {strange[0]}."})
        if strange := sorted(set(given.values()) - _FIELDS.keys()):
            raise errors.Invalid({"columns": f"There is no field {strange[0]}: one of {', '.join(_FIELDS)}."})
        return tuple(_FIELDS[given[name]] if name in given else "" for name in head)


class ColumnOut(Out):
    """A column of a file, and the field it is taken for; null where it is left out."""

    head: str
    field: str | None


class ImportOut(Out):
    """A file of people, and what became of its rows so far.

    `state`: uploaded, running, cancelling, cancelled, done, undoing or undone. `skipped` were left as they were,
    `refused` are listed with their reasons. Of an undo, `undone` rows are settled, of which `left` stay as they are.
    """

    id: str
    name: str
    state: str
    rows: int
    created: int
    updated: int
    skipped: int
    refused: int
    columns: list[ColumnOut]
    treatment: str
    tags: list[str]
    undone: int
    left: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    undo_started_at: datetime | None
    undo_ended_at: datetime | None

    @classmethod
    def of(cls, found: Import) -> "ImportOut":
        """Answer an import."""
        pairs = zip(found.head, found.settings.columns, strict=True)
        same = ("id", "name", "state", "rows", "undone", "left", "created_at", "started_at", "ended_at")
        return cls(
            **{name: getattr(found, name) for name in (*same, "undo_started_at", "undo_ended_at")},
            **{name: getattr(found.counts, name) for name in ("created", "updated", "skipped", "refused")},
            columns=[ColumnOut(head=head, field=API_NAMES.get(field, field) or None) for head, field in pairs],
            treatment=found.settings.treatment,
            tags=list(found.settings.tags),
        )


class ReasonOut(Out):
    """What is wrong with a row: the head of the column, empty for the whole row, and why."""

    column: str
    message: str


class BadRowOut(Out):
    """A row that was not taken: the line it begins on, from 1, its cells as they came, and why."""

    line: int
    cells: list[str]
    problems: list[ReasonOut]

    @classmethod
    def of(cls, row: BadRow) -> "BadRowOut":
        """Answer a bad row."""
        problems = [ReasonOut(column=column, message=why) for column, why in row.reasons]
        return cls(line=row.line, cells=list(row.cells), problems=problems)


class BadRowPage(PageOut[BadRowOut]):
    """A page of the rows that were not taken, in the order of the file."""


class BadRowsQuery(ListQuery):
    """How they are listed."""
