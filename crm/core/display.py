"""Template tags for the smallest parts of a page. Built in (settings.TEMPLATES), so no template loads them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from django.template import Library
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = Library()

AVATAR_TINTS = 6
STACK_WIDTH = 1000
# Narrower than this a part of a bar cannot be seen, and a part that is not 0 must be.
STACK_LEAST = 6
NEAR_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the icon of this name from icons.svg; it is decoration, so the words beside it must do without."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Return a person's initials on a tint of their own; `size` "large" for the head of a page."""
    parts = [part for part in name.split() if part[0].isalpha()] or ["?"]
    initials = parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")
    tint = crc32(name.encode()) % AVATAR_TINTS
    classes = f"avatar h{tint} {size}".strip()
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, initials.upper())


@register.simple_tag
def pill(state: str, label: str = "") -> SafeString:
    """Return a state as colour, shape and word; the word is the state's own unless `label` says otherwise."""
    return format_html('<span class="pill" data-state="{}">{}</span>', state, label or words(state))


@register.filter
def breakable(text: str) -> SafeString:
    """Return a text whose e-mail addresses may go on in the next line after the @, rather than anywhere."""
    return format_html_join(mark_safe("@<wbr>"), "{}", ((part,) for part in str(text).split("@")))


@register.filter
def words(state: str) -> str:
    """Return a stored state, such as checked-in or not_found, as it is read: Checked in, Not found."""
    return state.replace("-", " ").replace("_", " ").capitalize()


def _near(wanted: date, today: date) -> str:
    near = NEAR_DAYS.get((wanted - today).days)
    return near or format_date(wanted, "j M" if wanted.year == today.year else "j M Y")


@register.simple_tag
def when(moment: datetime | None, zone: str = "", empty: str = "") -> SafeString | str:
    """Return day and time in `zone`, or the viewer's own; `empty` where there is no moment."""
    if moment is None:
        return empty
    local = timezone.localtime(moment, ZoneInfo(zone) if zone else None)
    today = timezone.localtime(timezone.now(), local.tzinfo).date()
    text = f"{_near(local.date(), today)} {local:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), text)


@register.simple_tag
def day(moment: datetime | None, zone: str = "", empty: str = "") -> SafeString | str:
    """Return the day alone in `zone`, or the viewer's own; `empty` where there is no moment."""
    if moment is None:
        return empty
    local = timezone.localtime(moment, ZoneInfo(zone) if zone else None)
    today = timezone.localtime(timezone.now(), local.tzinfo).date()
    return format_html('<time datetime="{}">{}</time>', local.date().isoformat(), _near(local.date(), today))


@register.simple_tag
def ago(moment: datetime | None, empty: str = "") -> str:
    """Return how old a moment is in words, for "as of 2 s ago"."""
    if moment is None:
        return empty
    age = max(timezone.now() - moment, timedelta())
    seconds = int(age.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


@register.inclusion_tag("_components/stack.html")
def stack_bar(parts: Iterable[tuple[str, int]], label: str, size: str = "") -> dict[str, object]:
    """Draw parts (state, number) as one bar. `label` says the numbers in words; `size` "tall" for a page's main bar."""
    shown = [(state, number) for state, number in parts if number > 0]
    total = sum(number for _, number in shown) or 1
    widths = [max(STACK_LEAST, number * STACK_WIDTH / total) for _, number in shown]
    scale = STACK_WIDTH / max(sum(widths), 1)
    rects, left = [], 0.0
    for (state, _), width in zip(shown, widths, strict=True):
        rects.append({"state": state, "x": f"{left:.1f}", "width": f"{width * scale:.1f}"})
        left += width * scale
    return {"rects": rects, "label": label, "size": size}
