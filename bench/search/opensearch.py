"""A private OpenSearch node with the same people, in a temporary folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.search import loading
from crm.search import opensearch_client
from crm.search.opensearch import OpenSearchStore
from tests.engines import running
from tests.engines.java import Tools

_HEAP = "2g"
_PREFIX = "bench"


@contextmanager
def loaded(tools: Tools, people: int, registrations: int) -> Iterator[tuple[OpenSearchStore, str]]:
    """Start a node and load it through `apply`; give the store and what READ_MODEL_URL says of it."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-opensearch-", ignore_cleanup_errors=True) as folder,
        running.opensearch(tools, Path(folder), _HEAP) as url,
    ):
        store = OpenSearchStore(opensearch_client.connect(url), _PREFIX)
        loading.fill(store, people, registrations)
        yield store, f"opensearch+{url}/{_PREFIX}"
