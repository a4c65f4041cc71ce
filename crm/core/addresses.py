"""When two spellings of an e-mail address are one address. Sentinels, suppressions and the read model agree on it."""

import hashlib
import unicodedata


def normalised(email: str) -> str:
    """Return the form in which two spellings of one address are equal."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def digest(email: str) -> str:
    """Return the SHA-256 of the normalised address, in hex: keys never hold the address itself."""
    return hashlib.sha256(normalised(email).encode()).hexdigest()
