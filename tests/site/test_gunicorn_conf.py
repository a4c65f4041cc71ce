"""The demo answers without tokens, so its web process stays on loopback."""

from types import SimpleNamespace

import pytest
from pytest_django.fixtures import Settings

from crm_site import gunicorn_conf


def _server(*addresses: tuple[str, int] | str) -> SimpleNamespace:
    return SimpleNamespace(cfg=SimpleNamespace(address=list(addresses)))


@pytest.mark.parametrize("address", [("0.0.0.0", 80), ("::", 80), ("192.0.2.1", 80), ("crm.example", 80)])
def test_the_demo_refuses_to_listen_on_the_network(address: tuple[str, int], settings: Settings) -> None:
    settings.DEMO, settings.DEMO_ALLOW_BIND = True, False
    with pytest.raises(SystemExit, match="refuses to listen"):
        gunicorn_conf.on_starting(_server(("127.0.0.1", 80), address))


@pytest.mark.parametrize("address", [("127.0.0.1", 80), ("::1", 80), ("localhost", 80), "unix:/run/crm.sock"])
def test_the_demo_listens_on_loopback(address: tuple[str, int] | str, settings: Settings) -> None:
    settings.DEMO, settings.DEMO_ALLOW_BIND = True, False
    gunicorn_conf.on_starting(_server(address))


@pytest.mark.parametrize(("demo", "vouched"), [(False, False), (True, True)])
def test_outside_the_demo_or_vouched_for_any_address_will_do(demo: bool, vouched: bool, settings: Settings) -> None:
    settings.DEMO, settings.DEMO_ALLOW_BIND = demo, vouched
    gunicorn_conf.on_starting(_server(("0.0.0.0", 80)))


def test_address_may_be_as_long_as_a_filter_of_many_people() -> None:
    # 240 ids of 26 characters, as the People page and a draft spell them; gunicorn counts method and version, too.
    line = f"GET /dashboard/campaigns/new/?{'&'.join(['ids=' + 'x' * 26] * 240)} HTTP/1.1\r\n"
    assert len(line) <= gunicorn_conf.limit_request_line
