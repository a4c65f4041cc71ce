"""The text part of a mail, written from its Markdown: for programs that show no HTML, and readable on its own."""

from collections.abc import Callable, Sequence
from textwrap import indent

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_RULE = "-" * 20
_WIDEST_RULE = 60
# Said by the link's own text, or by the program that opens it.
_UNSAID = ("mailto:", "tel:")


def text(tokens: Sequence[Token]) -> str:
    """Return the tokens as text: links as `text (address)`, lists with their marks, headings underlined."""
    return _blocks(SyntaxTreeNode(list(tokens)).children)


def _blocks(nodes: Sequence[SyntaxTreeNode], between: str = "\n\n") -> str:
    return between.join(filter(None, (_block(node) for node in nodes)))


def _block(node: SyntaxTreeNode) -> str:
    return _BLOCKS.get(node.type, _inside)(node)


def _inside(node: SyntaxTreeNode) -> str:
    return _blocks(node.children)


def _heading(node: SyntaxTreeNode) -> str:
    words = _inline(node.children)
    line = "=" if node.tag == "h1" else "-"
    return f"{words}\n{line * min(max(map(len, words.splitlines()), default=0), _WIDEST_RULE)}"


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1))
    marks = (f"{first + n}. " if node.type == "ordered_list" else "- " for n in range(len(node.children)))
    # A tight list hides its items' paragraphs.
    is_tight = all(part.hidden for item in node.children for part in item.children if part.type == "paragraph")
    between = "\n" if is_tight else "\n\n"
    return between.join(_item(item, mark, between) for item, mark in zip(node.children, marks, strict=True))


def _item(node: SyntaxTreeNode, mark: str, between: str) -> str:
    return mark + indent(_blocks(node.children, between), " " * len(mark)).lstrip(" ")


def _quote(node: SyntaxTreeNode) -> str:
    return indent(_blocks(node.children), "> ", lambda _: True)


def _code(node: SyntaxTreeNode) -> str:
    return indent(node.content.rstrip("\n"), "    ")


def _table(node: SyntaxTreeNode) -> str:
    rows = (row for part in node.children for row in part.children)
    return "\n".join(" | ".join(_blocks(cell.children) for cell in row.children) for row in rows)


def _inline(nodes: Sequence[SyntaxTreeNode]) -> str:
    return "".join(_span(node) for node in nodes)


def _span(node: SyntaxTreeNode) -> str:
    if node.type in ("softbreak", "hardbreak"):
        return "\n"
    if node.type == "link":
        return _link(node)
    if node.type == "image":
        return _inline(node.children) or node.content
    return _inline(node.children) if node.children else node.content


def _link(node: SyntaxTreeNode) -> str:
    words, address = _inline(node.children), str(node.attrs["href"])
    for unsaid in _UNSAID:
        address = address.removeprefix(unsaid)
    return f"{words} ({address})" if words and words != address else address


_BLOCKS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "inline": lambda node: _inline(node.children),
    "heading": _heading,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "fence": _code,
    "code_block": _code,
    "table": _table,
    "hr": lambda _: _RULE,
}
