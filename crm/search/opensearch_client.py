"""Speaking to OpenSearch: every call is bounded in time and tries, and what no answer came to is `Unavailable`."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError as NoAnswer
from opensearchpy.exceptions import TransportError

from crm.search.store import PATIENCE_S, Unavailable

log = logging.getLogger(__name__)

# Whoever asks is not let in, or nobody may write now: no document is at fault.
_REFUSED = frozenset({401, 403})
# With these the engine, or what is before it, says: not now.
_NOT_NOW = frozenset({408, 429, 502, 503, 504}) | _REFUSED
_CONFLICT = 409
_CONNECTIONS = 32
# Opens no socket to an answer that is not whole: a page of half the rows would look like all of them.
_WHOLE = {"allow_partial_search_results": "false"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where READ_MODEL_URL points: the engine, and what the names of the indexes begin with."""

    url: str
    prefix: str


def place(read_model_url: str) -> Place:
    """Read `opensearch+http(s)://[user:password@]host:port/prefix`. Raises ValueError where there is no prefix."""
    url, _, prefix = read_model_url.removeprefix("opensearch+").rstrip("/").rpartition("/")
    if not urlsplit(url).hostname or not prefix:
        raise ValueError("READ_MODEL_URL must be opensearch+http(s)://host:port/prefix")
    return Place(url, prefix)


def connect(url: str) -> OpenSearch:
    """Return a client that is safe to use from all threads."""
    parts = urlsplit(url)
    login = (unquote(parts.username or ""), unquote(parts.password or ""))
    return OpenSearch(
        hosts=[{"host": parts.hostname, "port": parts.port or (443 if parts.scheme == "https" else 9200)}],
        use_ssl=parts.scheme == "https",
        http_auth=login if parts.username else None,
        timeout=PATIENCE_S,
        max_retries=1,
        retry_on_timeout=False,
        pool_maxsize=_CONNECTIONS,
    )


@contextmanager
def answered() -> Iterator[None]:
    """Raise Unavailable where the engine does not answer, or says that it cannot now."""
    try:
        yield
    except NoAnswer as error:
        raise Unavailable from error
    except TransportError as error:
        if error.status_code not in _NOT_NOW:
            raise
        if error.status_code in _REFUSED:
            log.error("OpenSearch refuses us: %s", error.error)
        raise Unavailable from error


def search(client: OpenSearch, index: str | None, body: Mapping[str, Any], **params: str) -> Json:
    """Ask a question of all shards. `index` is None where the body names a point in time."""
    with answered():
        found: Json = client.search(index=index, body=dict(body), params={**_WHOLE, **params})
    return found


def bulk(client: OpenSearch, index: str, lines: Sequence[object], *, refresh: str, wait_s: float) -> list[Json]:
    """Send operations (each a line of what to do, and one of what with); return how each went.

    Never makes an index: writing is to aliases only. Raises Unavailable where any was put off.
    """
    body = b"\n".join(orjson.dumps(line) for line in lines).decode() + "\n"
    params = {"refresh": refresh, "require_alias": "true", "request_timeout": wait_s}
    with answered():
        told = client.bulk(body=body, index=index, params=params)
    if any(_is_put_off(*one) for item in told["items"] for one in item.items()):
        raise Unavailable
    return [next(iter(item.values())) for item in told["items"]]


def _is_put_off(operation: str, told: Json) -> bool:
    # An update that met other writers too often was not done. What has a version of its own is there already.
    return told["status"] in _NOT_NOW or (operation == "update" and told["status"] == _CONFLICT)
