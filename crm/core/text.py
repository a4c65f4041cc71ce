"""What every text that people type must satisfy."""

import unicodedata

_LINE_BREAKS = frozenset("\n\r\t")
# White space that is no control character: Unicode's separators.
_BLANKS = (
    " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def has_controls(text: str, *, may_break_lines: bool = False) -> bool:
    """Tell whether a text holds control characters or halves of surrogate pairs."""
    allowed = _LINE_BREAKS if may_break_lines else frozenset[str]()
    return any(c not in allowed and unicodedata.category(c) in {"Cc", "Cs"} for c in text)


def trimmed(text: str) -> str:
    """Return a line without blanks at its ends. Control characters stay, so that they are refused, not forgiven."""
    return text.strip(_BLANKS)
