"""Whose address counts when a request came through proxies."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from crm.core import clients


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, "", "10.0.0.1"),
        (0, "192.0.2.1", "10.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.7, 192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.7, 192.0.2.1, 10.0.0.9", "192.0.2.1"),
        (2, "192.0.2.1", "10.0.0.1"),
        (1, " , ", "10.0.0.1"),
    ],
)
def test_only_what_a_trusted_proxy_saw_is_believed(
    rf: RequestFactory, settings: Settings, trusted: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})
    assert clients.address(request) == address
