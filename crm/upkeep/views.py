"""The page of what could not be read."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from crm.core import dead_letters as letters
from crm.core import errors, htmx
from crm.core.dead_letters import DeadLetter
from crm.staff.permissions import actor, requires
from crm.upkeep import actions


@dataclass(frozen=True, slots=True)
class Row:
    """A letter with what it is about in words, and where that is stored (of an event: its id)."""

    letter: DeadLetter
    what: str
    place: str


@requires("crm.view")
def dead_letters(request: HttpRequest) -> HttpResponse:
    """List the newest, newest first."""
    rows = [_row(letter) for letter in letters.newest()]
    # Counted only where the list may not be all there is.
    total = letters.count() if len(rows) == letters.MAX_LISTED else len(rows)
    context = {"rows": rows, "total": total, "is_more": total >= letters.MAX_COUNTED}
    return htmx.render(request, "upkeep/dead_letters.html", context)


@requires("crm.edit")
@require_POST
def try_again(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Read what a letter is about again, and say what came of it."""
    try:
        why = actions.try_again(letter_id=letter_id, actor=actor(request))
    except (errors.Conflict, errors.NotFound, errors.Busy) as error:
        messages.error(request, error.message)
    else:
        if why:
            messages.error(request, f"It fails still: {why}")
        else:
            messages.success(request, "Read, and off the list")
    return htmx.redirect(request, reverse("dead-letters"))


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def dismiss(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Ask, and take a letter off the list."""
    row = _row(letters.get(letter_id))
    if request.method == "POST":
        actions.dismiss(letter_id=letter_id, actor=actor(request))
        messages.success(request, f"{row.what} taken off the list")
        return htmx.redirect(request, reverse("dead-letters"))
    question = {
        "title": f"Take this {row.what[:1].lower()}{row.what[1:]} off the list?",
        "lines": [row.place, _consequence(row.letter)],
        "back": reverse("dead-letters"),
        "keep": "Keep it",
        "verb": "Take it off",
        "danger": True,
    }
    return htmx.render(request, "_components/confirm.html", question)


def _consequence(letter: DeadLetter) -> str:
    if letter.is_item:
        return "Lists and counts show it as it was, or not at all, until it changes or the read model is rebuilt."
    return "What SES told is then forgotten: whom it was about may be mailed again."


def _row(letter: DeadLetter) -> Row:
    if letter.is_item:
        kind = letter.kind.replace("_", " ").replace("-", " ").capitalize() or "Record"
        return Row(letter, kind, f"{letter.keys['pk']} / {letter.keys['sk']} in {letter.table}")
    return Row(letter, letter.kind or "Record", letter.sequence)
