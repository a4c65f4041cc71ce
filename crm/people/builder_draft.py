"""A draft of the filter builder as an address carries it: what is half filled is no filter yet, but outlives a load."""

from django.http import QueryDict

from crm.people import builder_tree
from crm.people.builder_tree import ROOT, Group, Node
from crm.people.filter_form import DRAFT
from crm.search.filters import Filter

# Characters of it that a link carries, besides the filter itself.
_MAX = 1_500


def written(draft: Group, where: Filter) -> str:
    """Return the draft as text, empty where the filter that it says is all of it, and where it is too long."""
    if draft == builder_tree.of(where):
        return ""
    data = QueryDict(mutable=True)
    _write(data, draft, ROOT)
    text = data.urlencode()
    return text if len(text) <= _MAX else ""


def of(query: QueryDict, where: Filter) -> Group:
    """Return the draft in an address, as far as it says the filter there; otherwise the filter's own."""
    draft = builder_tree.posted(QueryDict(query.get(DRAFT, "")[:_MAX]))
    return draft if builder_tree.read(draft).where == where else builder_tree.of(where)


def _write(data: QueryDict, node: Node, path: str) -> None:
    if isinstance(node, Group):
        data[f"{path}-link"] = node.full_link
        for number, part in enumerate(node.parts):
            _write(data, part, f"{path}-{number}")
        return
    for name in ("field", "op", "period", "days", "start", "before"):
        if text := getattr(node, name):
            data[f"{path}-{name}"] = text
    if any(node.values):
        data.setlist(f"{path}-value", list(node.values))
