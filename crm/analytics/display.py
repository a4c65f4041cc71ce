"""What the templates of the analytics write hundreds of times on a page, where a template included takes too long."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from crm.analytics.tree import Cell

register = template.Library()


@register.simple_tag
def figure(cell: Cell) -> SafeString:
    """Return a number's cell of a table: it opens its rows, and says what share it is, or why there is none to tell."""
    number, small = f"{cell.number:,}", ""
    if cell.percent:
        small = f"<small>{escape(cell.percent)}</small>"
    elif cell.unsaid:
        small = f'<small title="{escape(cell.unsaid)}">\N{EN DASH}</small>'
    if cell.url:
        title = f' title="{escape(cell.share)}"' if cell.percent else ""
        number = f'<a href="{escape(cell.url)}"{title}>{number}</a>'
    style = "num" if cell.number else "num zero"
    return mark_safe(f'<td class="{style}" data-label="{escape(cell.column.label)}">{number}{small}</td>')  # noqa: S308 - escaped above
