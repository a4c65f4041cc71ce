"""The template tag by which the People page, which knows nothing of segments, shows the one that is open."""

from django.http import HttpRequest
from django.template import Context, Library

from crm.search.filters import Filter
from crm.segments import repository
from crm.segments.entities import is_same

register = Library()


@register.inclusion_tag("segments/bar.html", takes_context=True)
def segment_bar(context: Context, where: Filter, query: str) -> dict[str, object]:
    """Draw the segment that the address names, and whether the filter in use is still its own."""
    request: HttpRequest = context["request"]
    named = request.GET.get("segment")
    segment = repository.find(named) if named else None
    is_changed = segment is not None and not is_same(where, segment.where)
    return {"segment": segment, "is_changed": is_changed, "query": query, "perms": context["perms"]}
