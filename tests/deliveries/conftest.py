"""A mail endpoint for tests that send."""

from collections.abc import Iterator

import pytest

from crm.deliveries import health, pacing, ses
from tests.deliveries.ses_endpoint import Endpoint, serving


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An SES endpoint that the product's client talks to, with its rate unused."""
    with serving() as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", served.url)
        _forget()
        yield served
        _forget()


def _forget() -> None:
    for cached in (ses.client, health._health, pacing._pace):
        cached.cache_clear()
