"""What an import of people is, free of storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Waiting for its columns to be named; being taken in; told to stop; over, one way or the other; being taken back.
UPLOADED, RUNNING, CANCELLING, DONE, CANCELLED = "uploaded", "running", "cancelling", "done", "cancelled"
UNDOING, UNDONE = "undoing", "undone"
WORKED_AT = (RUNNING, CANCELLING, UNDOING)
# What happens to a row whose address is somebody's already: refused, taken over, or left alone.
CREATE, UPDATE, SKIP = "create", "update", "skip"
TREATMENTS = (CREATE, UPDATE, SKIP)
# What became of a row that was taken.
CREATED, UPDATED, SKIPPED = "created", "updated", "skipped"
# What a column may be taken for, besides the fields of a person: first and last name in one.
EMAIL, TAGS, FULL_NAME = "email", "tags", "name"
LABELS: Mapping[str, str] = {
    EMAIL: "E-mail",
    "first_name": "First name",
    "last_name": "Last name",
    FULL_NAME: "Full name",
    "phone_number": "Phone",
    "job_title": "Job title",
    "company": "Company",
    "city": "City",
    "state": "State",
    TAGS: "Tags",
    "gender": "Gender",
    "avatar": "Picture (address)",
}
_STATES = {
    UPLOADED: "Not started",
    RUNNING: "Being taken in",
    CANCELLING: "Stopping",
    DONE: "Done",
    CANCELLED: "Stopped",
    UNDOING: "Being undone",
    UNDONE: "Undone",
}
_ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "UTF-16")}
MAX_BYTES, MAX_ROWS, MAX_COLUMNS = 50_000_000, 500_000, 100
MAX_NAME = 200
# As many of the newest imports as are listed.
LISTED = 50
# For so long what was taken, and what was there before, is kept; after that nothing can be taken back.
KEPT = timedelta(days=90)
# Partitions of what was taken, by the first hexadecimal digit of the address's digest.
SHARDS = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file as it came. `problem`: why it is no CSV, as `csv_in.Record` has it."""

    line: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken. `reasons`: the column's head, or nothing for the whole row, and what is wrong there."""

    line: int
    cells: tuple[str, ...]
    reasons: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The reasons as one text."""
        return " ".join(f"{column}: {why}" if column else why for column, why in self.reasons)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did with one address: from which line, to whom, and the fields it changed, before and after.

    `settled`: what an undo left of it, in words; empty where nothing, None where it was not here yet.
    """

    digest: str
    line: int
    person_id: str
    action: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    settled: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A row that an undo left as it is, wholly or in part, and why."""

    line: int
    person_id: str
    email: str
    why: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How a file is to be taken: a field (or nothing) for each column, what to do with people known, tags for all."""

    columns: tuple[str, ...]
    treatment: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows. `skipped`: left as they were."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        """How many rows these are."""
        return self.created + self.updated + self.skipped + self.refused


@dataclass(frozen=True, slots=True)
class Import:
    """A file of people. Its rows lie in `parts`, of which the first `next_part` are in, as `counts` say.

    `head` names the columns. Of what an undo takes back, `undone` are settled and `left` of them were left as they are.
    """

    id: str
    name: str
    actor: str
    state: str
    encoding: str
    head: tuple[str, ...]
    rows: int
    parts: int
    created_at: datetime
    settings: Settings
    next_part: int = 0
    counts: Counts = Counts()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    undo_shard: int = 0
    undo_after: str = ""
    undone: int = 0
    left: int = 0
    undo_started_at: datetime | None = None
    undo_ended_at: datetime | None = None

    @property
    def state_in_words(self) -> str:
        """The state as pages say it."""
        return _STATES[self.state]

    @property
    def encoding_in_words(self) -> str:
        """The encoding by the name that people know."""
        return _ENCODINGS.get(self.encoding, "Latin-1")

    @property
    def is_worked_at(self) -> bool:
        """Whether the worker has something to do with it."""
        return self.state in WORKED_AT

    @property
    def settled(self) -> int:
        """How many rows were taken, or left as they were: what an undo goes through."""
        return self.counts.created + self.counts.updated + self.counts.skipped

    @property
    def changed(self) -> int:
        """How many people it wrote."""
        return self.counts.created + self.counts.updated

    @property
    def unreached(self) -> int:
        """How many rows were never looked at, because somebody stopped it."""
        return self.rows - self.counts.all

    def may_be_undone(self, now: datetime) -> bool:
        """Tell whether there is anything to take back, and what is needed for it is there still."""
        is_over = self.state in (DONE, CANCELLED)
        return is_over and self.changed > 0 and self.started_at is not None and now < self.started_at + KEPT


def label(columns: Sequence[str], head: Sequence[str], field: str) -> str:
    """Return the head of the column that is taken for a field, or the field's own name where none is."""
    return next((name for name, known in zip(head, columns, strict=False) if known == field), LABELS.get(field, field))
