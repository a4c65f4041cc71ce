"""The numbers that pages, CSV and API show, in one order: what each counts, and of what it is a share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from crm.search.documents import OPEN_STATES, TOUCHES

HUMAN, ALL = "human", "all"
TRAFFIC = {HUMAN: "Human", ALL: "All"}
FIRST, LAST = TOUCHES
_LEAST, _MOST = 0.01, 99.9
MODELS = {LAST: "Last touch", FIRST: "First touch"}


@dataclass(frozen=True, slots=True)
class Column:
    """A number of mails, clicks or registrations. `measures` are what it adds up; `page` lists them, asked for `query`.

    `whole` names the column that it is a share of, '' where a share says nothing. `always`: shown even where it is 0
    in every row.
    """

    name: str
    label: str
    meaning: str
    measures: Sequence[str]
    query: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    always: bool = True
    page: str = "mails"

    def of(self, counts: Mapping[str, int]) -> int:
        """Return the number for counts by measure."""
        return sum(counts.get(measure, 0) for measure in self.measures)

    def narrowed(self, **query: str) -> "Column":
        """Return the same number of fewer rows: its list is asked for these, too."""
        return replace(self, query={**self.query, **query})


def _state(name: str, label: str, meaning: str, whole: str = "", *, always: bool = True) -> Column:
    return Column(name, label, meaning, (name,), {"state": name}, whole, always)


def _outcome(name: str, label: str, meaning: str) -> Column:
    return Column(name, label, f"{meaning} Share of sent.", (name,), {"outcome": name}, "sent")


def _deed(name: str, label: str, traffic: str) -> Column:
    who = "a person, as far as one can tell," if traffic == HUMAN else "anything, machines too,"
    measure = name if traffic == HUMAN else f"{name}_all"
    meaning = f"Mails that {who} {name}. Share of delivered."
    return Column(name, label, meaning, (measure,), {"did": measure.replace("_", "-")}, "delivered")


def columns(traffic: str, model: str) -> list[Column]:
    """Return all columns.

    `traffic`: whether machines' opens and clicks count, too; `model`: the touch that registrations are credited to.
    """
    return [*_mails(traffic), *_registrations(model)]


def _registrations(model: str) -> list[Column]:
    touch = f"whose {model} touch carried this; by when they got their place"
    placed, came = {"touch": model}, {"touch": model, "attended": "yes"}
    return [
        Column(
            "registered",
            "Registered",
            f"Registrations with a place {touch}. Those of cancelled events, too.",
            (f"registered_{model}",),
            placed,
            page="registrations",
        ),
        Column(
            "attended",
            "Attended",
            "Registered people who were checked in; at events without check-in, everybody. Share of registered.",
            (f"attended_{model}",),
            came,
            "registered",
            page="registrations",
        ),
    ]


def of_links(traffic: str) -> list[Column]:
    """Return the columns of links: mails in which one was clicked, and its clicks."""
    who = "a person, as far as one can tell," if traffic == HUMAN else "anything, machines too,"
    suffix, did = ("", "clicked") if traffic == HUMAN else ("_all", "clicked-all")
    seen = {} if traffic == HUMAN else {"traffic": traffic}
    meaning = f"Mails in which {who} clicked it. Share of delivered."
    flood = "" if traffic == HUMAN else " Of more than 60 a minute in one mail, one counts."
    return [
        Column("clicked", "Clicked", meaning, (f"clicked{suffix}",), {"did": did}, "delivered"),
        Column(
            "clicks",
            "Clicks",
            f"How often {who} clicked it.{flood}",
            (f"clicks{suffix}",),
            seen,
            page="clicks",
        ),
    ]


def waiting(model: str) -> Column:
    """Return the column of who waits for a place, whenever they came: it knows no period."""
    query = {"touch": model, "status": "waitlisted"}
    meaning = f"People on the waitlist now, whenever they came, whose {model} touch carried this."
    return Column("waiting", "Waiting", meaning, (f"waitlisted_{model}",), query, page="registrations")


def _mails(traffic: str) -> list[Column]:
    return [
        _state("sent", "Sent", "Mails that Amazon SES accepted."),
        _outcome("delivered", "Delivered", "Mails that the server they went to took, and nobody complained about."),
        _deed("opened", "Opened", traffic),
        _deed("clicked", "Clicked", traffic),
        Column(
            "unsubscribed",
            "Unsubscribed",
            "Mails by which somebody unsubscribed. Share of delivered.",
            ("unsubscribed",),
            {"did": "unsubscribed"},
            "delivered",
        ),
        _outcome("bounced", "Bounced", "Mails that came back."),
        _outcome("complained", "Complained", "Mails that somebody marked as spam."),
        _state("failed", "Failed", "Mails that Amazon SES refused for good."),
        Column(
            "pending",
            "Pending",
            "Mails that may still go out: waiting, being sent, or without an answer from SES.",
            OPEN_STATES,
            {"state": "open"},
        ),
        _state("held", "Held", "Mails of which nobody knows whether SES took them.", always=False),
        _state("skipped", "Left out", "Mails not sent, because of whom they were for.", always=False),
        _state("cancelled", "Cancelled", "Mails taken back before they were sent.", always=False),
    ]


def shown(known: Sequence[Column], counts: Mapping[str, int]) -> list[Column]:
    """Return the columns to show for a sum of counts."""
    return [column for column in known if column.always or column.of(counts)]


def share(part: int, whole: int) -> str:
    """Return a share in words: 97.8 %, 5.56 %. Empty where there is no whole, or one that the part is no part of.

    100 % means all and 0 % none: what comes close to that is < 0.01 % or > 99.9 %.
    """
    if not whole or part > whole:
        return ""
    percent = 100 * part / whole
    if 0 < percent < _LEAST:
        return f"< {_LEAST} %"
    if percent > _MOST and part < whole:
        return f"> {_MOST} %"
    decimals = 1 if 10 * part >= whole else 2
    return f"{percent:.{decimals}f}".rstrip("0").removesuffix(".") + " %" if part else "0 %"
