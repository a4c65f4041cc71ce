"""The main navigation: one list of the product's parts, shown as far as the viewer may see them."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.template import Context, Library
from django.urls import reverse

register = Library()


@dataclass(frozen=True, slots=True)
class Part:
    """An entry: the name of its URL, its label and icon, the permission it needs, and whether only demo mode has it.

    `others`: names of pages beside it that belong to it, as its tabs.
    """

    name: str
    label: str
    icon: str
    permission: str = "crm.view"
    demo_only: bool = False
    others: tuple[str, ...] = ()


PARTS = (
    Part("home", "Home", "home"),
    Part("people", "People", "people", others=("segments", "suppressions", "imports")),
    Part("events", "Events", "calendar"),
    Part("campaigns", "Campaigns", "send"),
    Part("analytics", "Analytics", "chart"),
)
MORE = (
    Part("mailbox", "Mailbox", "mail", demo_only=True),
    Part("sending", "Sending", "proof"),
    Part("dead-letters", "Dead letters", "warning"),
    Part("tokens", "API tokens", "settings", permission="crm.manage_staff"),
)


def _current(path: str, url: str, part: Part) -> str:
    if path == url:
        return "page"
    below = (url, *map(reverse, part.others))
    return "true" if part.name != "home" and path.startswith(below) else ""


def entries(request: HttpRequest, parts: tuple[Part, ...]) -> list[dict[str, str]]:
    """Return the parts this viewer may open, with `current` as aria-current wants it."""
    shown = []
    for part in parts:
        if not request.user.has_perm(part.permission) or (part.demo_only and not settings.DEMO):
            continue
        url = reverse(part.name)
        current = _current(request.path, url, part)
        shown.append({"url": url, "label": part.label, "icon": part.icon, "current": current})
    return shown


@register.inclusion_tag("_components/nav.html", takes_context=True)
def main_nav(context: Context) -> dict[str, object]:
    """Draw the navigation beside (or, on a narrow screen, below) every page."""
    request: HttpRequest = context["request"]
    return {"parts": entries(request, PARTS), "more": entries(request, MORE)}


@register.simple_tag(takes_context=True)
def more_parts(context: Context) -> list[dict[str, str]]:
    """Return the entries of the account menu, where a narrow screen finds what its bar has no room for."""
    return entries(context["request"], MORE)
