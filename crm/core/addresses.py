"""When two spellings of an e-mail address are one address. Sentinels, suppressions and the read model agree on it."""

import hashlib
import unicodedata


def normalised(email: str) -> str:
    """Return the form in which two spellings of one address are equal."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def digest(email: str) -> str:
    """Return the SHA-256 of the normalised address, in hex: keys never hold the address itself."""
    return hashlib.sha256(normalised(email).encode()).hexdigest()


def masked(email: str) -> str:
    """Return an address so that who has it knows it again, but who was forwarded a mail does not learn it."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}…{at}{domain}" if at else ""
