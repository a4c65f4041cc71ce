"""How texts are compared: every adapter stores these keys and compares them by code point."""

import re
import unicodedata
from collections.abc import Collection

_WORD = re.compile(r"[^\W_]+")
_LAST = chr(0x10FFFF)
# Halves of surrogate pairs are no characters.
_SURROGATES = range(0xD800, 0xE000)


def match_key(text: str) -> str:
    """Return the form in which two texts match or sort alike: without regard to case, width or ligature."""
    # Most texts: the same, in a third of the time.
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def words_key(words: Collection[str]) -> str:
    """Return a key of several words that holds the key of each: sorted, a line for each. Empty for none."""
    return f"\n{'\n'.join(sorted(map(match_key, words)))}\n" if words else ""


def words(text: str) -> list[str]:
    """Split into the words that text search knows: runs of letters and digits of any script."""
    return _WORD.findall(match_key(text))


def after_prefix(prefix: str) -> str | None:
    """Return the least text above every text that starts with `prefix`; None where there is none."""
    head = prefix.rstrip(_LAST)
    if not head:
        return None
    following = ord(head[-1]) + 1
    return head[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
