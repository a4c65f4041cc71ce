"""What every text that people type must satisfy."""

import unicodedata

_LINE_BREAKS = frozenset("\n\r\t")


def has_controls(text: str, *, may_break_lines: bool = False) -> bool:
    """Tell whether a text holds control characters or halves of surrogate pairs."""
    allowed = _LINE_BREAKS if may_break_lines else frozenset[str]()
    return any(c not in allowed and unicodedata.category(c) in {"Cc", "Cs"} for c in text)
