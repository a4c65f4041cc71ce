"""What is started follows from the environment."""

import socket
from pathlib import Path

import pytest

from devstack import plan
from devstack.plan import Refused
from tests.integration.stack import free_port


def _plan(**given: str) -> plan.Plan:
    return plan.from_environment({"PORT": str(free_port()), **given})


def test_everything_is_emulated_by_default() -> None:
    chosen = _plan()
    emulator = f"http://127.0.0.1:{chosen.aws_port}"
    assert chosen.environment["AWS_ENDPOINT_URL_DYNAMODB"] == emulator
    assert chosen.environment["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] == emulator
    assert chosen.environment["AWS_ENDPOINT_URL_SESV2"] == f"http://127.0.0.1:{chosen.ses_port}"
    assert chosen.environment["REDIS_URL"] == f"redis://127.0.0.1:{chosen.redis_port}/0"
    assert chosen.environment["OUTBOX_SHARDS"] == "1"
    assert chosen.environment["DEMO"] == "1"


@pytest.mark.parametrize(
    ("variable", "started"),
    [
        ("AWS_ENDPOINT_URL_DYNAMODB", (False, True)),
        ("AWS_ENDPOINT_URL_SESV2", (True, False)),
        ("AWS_ENDPOINT_URL", (False, False)),
    ],
)
def test_what_has_an_endpoint_is_not_emulated(variable: str, started: tuple[bool, bool]) -> None:
    chosen = _plan(**{variable: "http://127.0.0.1:9"})
    assert (chosen.aws_port is not None, chosen.ses_port is not None) == started
    assert chosen.environment[variable] == "http://127.0.0.1:9"


def test_events_of_simulated_mail_come_to_the_product_with_a_certificate_to_check() -> None:
    chosen = _plan(DATA_DIR="/data/mine").environment
    assert chosen["SES_EVENTS_URL"] == f"http://127.0.0.1:{chosen['PORT']}/hooks/ses"
    assert chosen["SES_TOPICS"] == "arn:aws:sns:us-east-1:000000000000:ses-events"
    assert chosen["SNS_CERTIFICATE_FILE"] == "/data/mine/ses/certificate.pem"


def test_events_of_real_mail_are_not_believed_by_a_certificate_of_ours() -> None:
    chosen = _plan(AWS_ENDPOINT_URL_SESV2="https://email.eu-west-1.amazonaws.com").environment
    assert not {"SES_EVENTS_URL", "SES_TOPICS", "SNS_CERTIFICATE_FILE"} & chosen.keys()


def test_an_emulators_streams_are_asked_where_its_tables_are() -> None:
    chosen = _plan(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9")
    assert chosen.environment["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] == "http://127.0.0.1:9"


def test_streams_of_aws_have_an_address_of_their_own() -> None:
    chosen = _plan(AWS_ENDPOINT_URL_DYNAMODB="https://dynamodb.eu-west-1.amazonaws.com")
    assert "AWS_ENDPOINT_URL_DYNAMODB_STREAMS" not in chosen.environment


def test_a_given_redis_is_used() -> None:
    chosen = _plan(REDIS_URL="redis://elsewhere.example:6379/3")
    assert chosen.redis_port is None
    assert chosen.environment["REDIS_URL"] == "redis://elsewhere.example:6379/3"


def test_credentials_of_the_machine_are_left_alone() -> None:
    assert "AWS_ACCESS_KEY_ID" not in _plan(AWS_PROFILE="mine").environment
    assert _plan(AWS_ACCESS_KEY_ID="AKIA").environment["AWS_ACCESS_KEY_ID"] == "AKIA"


def test_two_plans_get_different_inner_ports() -> None:
    ports = [port for chosen in (_plan(), _plan()) for port in (chosen.aws_port, chosen.ses_port, chosen.redis_port)]
    assert len(set(ports)) == len(ports)


def test_the_data_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _plan(DATA_DIR="mine").environment["DATA_DIR"] == str(tmp_path / "mine")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(Refused, match="PORT="):
        _plan(PORT=port)


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Refused, match="is taken"):
            _plan(PORT=str(taken.getsockname()[1]))


def test_inner_servers_are_not_asked_through_a_proxy() -> None:
    chosen = _plan(HTTPS_PROXY="http://proxy.example", no_proxy="intranet.example")
    assert chosen.environment["no_proxy"] == "intranet.example,127.0.0.1,localhost"


def test_without_demo_mode_a_secret_key_is_asked_for_at_once() -> None:
    with pytest.raises(Refused, match="SECRET_KEY"):
        _plan(DEMO="0")


def test_without_demo_mode_plain_http_on_loopback_is_served_unless_told_otherwise() -> None:
    chosen = _plan(DEMO="0", SECRET_KEY="secret").environment
    assert (chosen["SECURE_SSL_REDIRECT"], chosen["SECURE_COOKIES"]) == ("0", "0")
    assert _plan(DEMO="0", SECRET_KEY="secret", SECURE_SSL_REDIRECT="1").environment["SECURE_SSL_REDIRECT"] == "1"
