"""Counts and hashes that tell whether two sets of documents are the same, whatever their order."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

_MODULUS = 2**64


@dataclass(frozen=True, slots=True)
class Digest:
    """`rows` documents whose hashes add up to `sum` (modulo 2^64)."""

    rows: int = 0
    sum: int = 0

    def __add__(self, other: "Digest") -> "Digest":
        return Digest(self.rows + other.rows, (self.sum + other.sum) % _MODULUS)


def digest(documents: Iterable[bytes]) -> Digest:
    """Return the digest of encoded documents."""
    rows = total = 0
    for document in documents:
        rows += 1
        total += int.from_bytes(hashlib.blake2b(document, digest_size=8).digest())
    return Digest(rows, total % _MODULUS)
