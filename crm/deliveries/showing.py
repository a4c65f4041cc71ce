"""A laid out mail as one person gets it, for previews: its links lead where they say, and nothing is tracked."""

from collections.abc import Callable
from html import escape

from crm.deliveries import tokens
from crm.deliveries.layout import Layout, Link, Piece, Pieces, Spot
from crm.deliveries.letters import Letter
from crm.deliveries.merge import Missing, Use
from crm.people.entities import PersonFields

# Shown in the place of the token: its address leads nowhere.
NOBODY = "preview"

# What stands for a field.
Fill = Callable[[Use], str]


def letter(layout: Layout, person: PersonFields | None) -> Letter:
    """Return the mail to one person. A field that has nothing to stand for it, or without a person, shows as written.

    So staff see what is missing; nothing made here is sent to anybody but themselves.
    """

    def fill(use: Use) -> str:
        if person is None:
            return use.written
        try:
            return use.of(person)
        except Missing:
            return use.written

    return Letter(
        subject=_joined(layout, layout.subject, fill, _as_it_is),
        text=_joined(layout, layout.text, fill, _as_it_is),
        html=_joined(layout, layout.html, fill, escape),
    )


def _joined(layout: Layout, pieces: Pieces, fill: Fill, form: Callable[[str], str]) -> str:
    def filled(piece: Piece) -> str:
        match piece:
            case Use():
                return form(fill(piece))
            case Link(number):
                return form(layout.links[number - 1])
            case Spot.UNSUBSCRIBE:
                return form(tokens.unsubscribe_url(NOBODY))
            case Spot():
                return ""
        return piece

    return "".join(map(filled, pieces))


def _as_it_is(text: str) -> str:
    return text
