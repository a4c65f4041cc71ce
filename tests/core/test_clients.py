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


@pytest.mark.parametrize(
    ("seen", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
        ("[::1", "[::1"),
    ],
)
def test_a_client_counts_by_what_one_customer_is_given_whatever_port_it_calls_from(
    rf: RequestFactory, settings: Settings, seen: str, counted: str
) -> None:
    settings.TRUSTED_PROXIES = 1
    assert clients.address(rf.get("/", headers={"X-Forwarded-For": seen})) == counted
