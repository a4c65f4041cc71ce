"""The Markdown in which bodies are written: CommonMark whose bare addresses are links, and no HTML of the writer's own.

What comes out is sanitised all the same, so that no mistake in reading Markdown can put a script into a mail.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

# What a link in a mail may lead to: `is_whole` tells the rest, and the sanitiser removes it.
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_WITH_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_TAGS = {
    *("a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre"),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


def parsed(text: str) -> list[Token]:
    """Return the tokens of a text."""
    return _reader().parse(text)


def html(tokens: Sequence[Token]) -> str:
    """Return the tokens as sanitised HTML."""
    reader = _reader()
    return clean(reader.renderer.render(tokens, reader.options, {}))


def clean(given: str) -> str:
    """Return HTML with nothing left that is not on the short list of what Markdown makes."""
    return nh3.clean(
        given,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel=None,
        strip_comments=True,
    )


def links(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the token of each link, in the order in which they stand in the text."""
    for token in tokens:
        if token.type == "link_open":
            yield token
        yield from links(token.children or ())


def addresses(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield where every link and picture leads."""
    for token in tokens:
        for name in ("href", "src"):
            if name in token.attrs:
                yield str(token.attrs[name])
        yield from addresses(token.children or ())


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}).enable(["linkify", "table"])
    assert reader.linkify is not None
    # "example.com" and "a@b.example" in a sentence stay words: mail programs make of them what they like.
    reader.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    # Only addresses that are whole are links by themselves; those in brackets are, so that a wrong one can be named.
    for schema in ("ftp:", "//"):
        reader.linkify.add(schema, None)
    reader.validateLink = _is_anything  # type: ignore[method-assign]
    return reader


def _is_anything(url: str) -> bool:  # noqa: ARG001 - as the reader calls it
    return True


def is_whole(url: str) -> bool:
    """Whether an address means the same in a mail: with its scheme, and one that mail programs may follow."""
    found = _WITH_SCHEME.match(url.strip())
    return found is not None and found[1].lower() in SCHEMES
