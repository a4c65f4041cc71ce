"""The one index of a generation: its fields, and the source in which each document is stored.

A source holds the document itself (`doc`), the keys it is found and sorted by (the columns of `sqlite_schema`, so that
both engines compare the very same keys), and its hash in three parts that add up exactly. Empty texts and times are
left out. Everything that is asked together with people lies in the same index, as OpenSearch's join demands.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from crm.core import clock
from crm.search import sqlite_digests
from crm.search.documents import (
    AnyDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    PersonDocument,
    RegistrationDocument,
)
from crm.search.sqlite_codec import encode, micros
from crm.search.sqlite_schema import BY_KIND, PEOPLE, SCHEMA, TABLES, TEXT
from crm.search.text import match_key, words

PERSON, REGISTRATION, DELIVERY, ENGAGEMENT = "person", "registration", "delivery", "engagement"
# Prefixes of up to so many characters are terms of their own: they would be those of very many words.
HEAD = 3
# Raise the second number when anything below changes: an index of another version is left alone, and built anew.
VERSION = f"{SCHEMA}.1"
_KEYWORD, _LONG = {"type": "keyword"}, {"type": "long"}
_KEPT: dict[str, object] = {"type": "keyword", "index": False, "doc_values": False}
_FOUND: dict[str, object] = {"type": "keyword", "doc_values": False}
_SUMMED: dict[str, object] = {"type": "integer", "index": False}
# A sum of doubles is exact up to 2^53: parts of 22 bits of two thousand million documents.
_PART_BITS = 22
PARTS = ("hash_0", "hash_1", "hash_2")

_RELATIONS = {PERSON: [REGISTRATION, DELIVERY], DELIVERY: [ENGAGEMENT]}

_OWN: dict[str, object] = {
    "table": _KEYWORD,
    "id": _KEYWORD,
    "version": _LONG,
    "deleted": {"type": "boolean"},
    "buried_at": _LONG,
    "doc": _KEPT,
    "join": {"type": "join", "relations": _RELATIONS, "eager_global_ordinals": False},
    # Each tag, and each kind of mail left, as a key of its own; the columns beside them sort.
    "tag": _KEYWORD,
    "left": _KEYWORD,
    # The words of text search, of all that is searched and of people's names and e-mails alone, and their beginnings.
    "words": _FOUND,
    "words_heads": _FOUND,
    "who": _FOUND,
    "who_heads": _FOUND,
    # The version of the suppression that the mark on a person comes from.
    "told": {"type": "long", "index": False},
    "is_hard_bounce": {"type": "boolean"},
    "hosts": _KEYWORD,
    # How far streams are read, and how fresh all is.
    "stream": _KEYWORD,
    "shard": _KEYWORD,
    "sequence": _KEPT,
    "moment": _LONG,
    **dict.fromkeys(PARTS, _SUMMED),
}


def properties() -> dict[str, object]:
    """Return every field. A name means the same type in all kinds of documents."""
    columns = chain.from_iterable(table.columns for table in TABLES)
    return {**{column.name: _KEYWORD if column.kind == TEXT else _LONG for column in columns}, **_OWN}


def index(refresh_interval: str, aliases: Iterable[str]) -> dict[str, object]:
    """Return what an index is made with; nothing that is not named here is taken in."""
    return {
        "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": refresh_interval},
        "mappings": {"dynamic": "strict", "_meta": {"version": VERSION}, "properties": properties()},
        "aliases": {alias: {} for alias in aliases},
    }


def name(document: AnyDocument) -> str:
    """Return the document's id in the index, which has all kinds."""
    return f"{BY_KIND[type(document)].name}/{document.id}"


def routing(document: AnyDocument) -> str:
    """Return what decides the shard: a person and all that hangs on them share one."""
    return getattr(document, "person_id", document.id)


def source(document: AnyDocument) -> dict[str, Any]:
    """Return what is stored of a document. Raises TypeError where a number is beyond 64 bits."""
    table = BY_KIND[type(document)]
    stored = encode(document)
    own: dict[str, Any] = {
        "table": table.name,
        "id": document.id,
        "version": document.version,
        "deleted": document.deleted,
    }
    own |= {"join": join} if (join := _join(document)) else {}
    if document.deleted:
        return {**own, **_hash(document), "buried_at": micros(clock.now())}
    keys = {column.name: key for column in table.columns if (key := column.key(document)) not in ("", None)}
    return {**keys, **own, **_words(document), **_more(document), **_hash(document), "doc": stored.decode()}


def placeholder(document: EngagementDocument) -> dict[str, Any]:
    """Return what stands for the mail that something was done with, for as long as the mail itself is not known."""
    join = {"name": DELIVERY, "parent": f"{PEOPLE.name}/{document.person_id}"}
    known = {"id": document.mail_id, "campaign_id": document.campaign_id or None, "person_id": document.person_id}
    return {"table": "deliveries", "version": 0, "deleted": True, "join": join, **known}


def hash_of(parts: Iterable[int]) -> int:
    """Return the hash, or the sum of hashes, that these parts make up (modulo 2^64)."""
    return sum(int(part) << (_PART_BITS * n) for n, part in enumerate(parts)) % 2**64


def heads(of: Iterable[str]) -> list[str]:
    """Return the beginnings of words that are terms of their own."""
    return sorted({word[:size] for word in of for size in range(1, HEAD + 1)})


def _join(document: AnyDocument) -> Mapping[str, str]:
    match document:
        case PersonDocument():
            return {"name": PERSON}
        case RegistrationDocument():
            return {"name": REGISTRATION, "parent": f"{PEOPLE.name}/{document.person_id}"}
        case DeliveryDocument():
            return {"name": DELIVERY, "parent": f"{PEOPLE.name}/{document.person_id}"}
        case EngagementDocument():
            return {"name": ENGAGEMENT, "parent": f"deliveries/{document.mail_id}"}
    return {}


def _words(document: AnyDocument) -> dict[str, list[str]]:
    texts = BY_KIND[type(document)].words
    every = {name: sorted(set(words(text(document)))) for name, text in texts.items()}
    found = sorted(set(chain.from_iterable(every.values())))
    named = {"words": found, "words_heads": heads(found)} if found else {}
    who = every.get("who", [])
    return {**named, "who": who, "who_heads": heads(who)} if who else named


def _more(document: AnyDocument) -> dict[str, Any]:
    if isinstance(document, PersonDocument):
        left = sorted(set(map(match_key, document.unsubscribed_from)))
        return {"tag": sorted(set(map(match_key, document.tags))), "left": left}
    if isinstance(document, DeliveryDocument):
        return {"is_hard_bounce": document.is_hard_bounce}
    return {"hosts": sorted({*document.hosts, document.owner} - {""})} if isinstance(document, EventDocument) else {}


def _hash(document: AnyDocument) -> dict[str, int]:
    (one,) = sqlite_digests.of_documents([document]).values()
    return {name: one.sum >> (_PART_BITS * n) & (2**_PART_BITS - 1) for n, name in enumerate(PARTS)}
