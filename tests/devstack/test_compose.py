"""No Docker engine is at hand, so what can be checked without one is: names, commands, variables."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from crm.deliveries import hints
from crm.search import opensearch_client
from crm_site import health, probe
from devstack.ses_simulator import settings as simulator_settings
from devstack.ses_simulator import sns

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service.get("image") == "event-crm"}
# Read by libraries under these very names, not by our code.
READ_BY_LIBRARIES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
    "AWS_ENDPOINT_URL_SESV2",
    "AWS_SECRET_ACCESS_KEY",
    "DATABASE_URL",
}


def _read_by_the_project() -> set[str]:
    """Names that the product's own code reads from the environment."""
    sources = [path.read_text() for path in (ROOT / "crm_site").glob("*.py")]
    pattern = re.compile(r"""(?:os\.environ\.get|os\.environ|\bflag)[\[(]\s*["']([A-Z0-9_]+)["']""")
    return {name for source in sources for name in pattern.findall(source)}


def _read_by_the_simulator() -> set[str]:
    source = (ROOT / "devstack" / "ses_simulator" / "settings.py").read_text()
    return set(re.findall(r"""environment\.get\(["']([A-Z0-9_]+)["']""", source))


def _example() -> set[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {match[1] for line in lines if (match := re.match(r"#?([A-Z0-9_]+)=", line))}


def _interpolated() -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))


def test_compose_has_every_part_of_the_product() -> None:
    assert set(SERVICES) >= {
        "web",
        "worker",
        "beat",
        "projector",
        "dynamodb",
        "opensearch",
        "ses",
        "valkey",
        "postgres",
    }


def test_every_variable_a_service_of_ours_gets_is_read_somewhere() -> None:
    known = _read_by_the_project() | READ_BY_LIBRARIES
    given = {name for service in OURS for name in SERVICES[service]["environment"]}
    assert given - known == set()


def test_every_variable_compose_asks_for_is_in_the_example() -> None:
    assert _interpolated() - _example() == set()


def test_the_example_lists_exactly_what_is_read() -> None:
    read = _read_by_the_project() | READ_BY_LIBRARIES | _read_by_the_simulator()
    assert _example() == read | {"OPENSEARCH_JAVA_OPTS", "POSTGRES_PASSWORD"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_exists_in_the_project(name: str) -> None:
    command = SERVICES[name].get("command") or _command_of_the_image()
    program = command[0]
    assert (ROOT / ".venv" / "bin" / program).exists()
    if program == "python":
        assert command[1] == "manage.py"
        assert command[2] in get_commands()
    if program == "celery":
        assert (ROOT / Path(command[2].replace(".", "/")).with_suffix(".py")).exists()


def _command_of_the_image() -> list[str]:
    last = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD")][-1]
    return list(yaml.safe_load(last.removeprefix("CMD ")))


def test_the_worker_takes_every_queue() -> None:
    queues = next(part for part in SERVICES["worker"]["command"] if part.startswith("--queues="))
    assert set(queues.removeprefix("--queues=").split(",")) == set(hints.QUEUES)


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"prepare"}))
def test_every_service_has_a_health_check_that_exists(name: str) -> None:
    check = SERVICES[name]["healthcheck"]["test"]
    if name in OURS:
        assert check[:4] == ["CMD", "python", "-m", probe.__name__]
        assert check[4] == "web" or check[4] in health.STACK


def test_the_read_model_is_the_opensearch_beside_it() -> None:
    url = COMPOSE["x-app"]["environment"]["READ_MODEL_URL"]
    place = opensearch_client.place(url.removeprefix("${READ_MODEL_URL:-").removesuffix("}"))
    assert place == opensearch_client.Place("http://opensearch:9200", "crm")
    service = SERVICES["opensearch"]
    assert service["image"].startswith("opensearchproject/opensearch:3.")
    assert "ports" not in service, "it asks nobody who they are"
    assert SERVICES["prepare"]["depends_on"]["opensearch"] == {"condition": "service_healthy"}


def test_the_simulator_is_told_only_what_it_reads() -> None:
    assert SERVICES["ses"]["environment"].keys() <= _read_by_the_simulator()


def test_the_simulators_image_has_what_its_command_needs() -> None:
    stage = next(part for part in (ROOT / "Dockerfile").read_text().split("\nFROM ") if " AS ses\n" in part)
    command = yaml.safe_load(re.findall(r"^CMD (.+)$", stage, re.MULTILINE)[-1])
    assert command[:3] == ["python", "-m", "devstack.ses_simulator"]
    settings = simulator_settings.read(command[3:], {})
    assert (settings.host, f":{settings.port}") == ("0.0.0.0", ":4566")
    assert SERVICES["ses"]["volumes"] == [f"ses:{settings.data}"]
    assert COMPOSE["x-app"]["environment"]["AWS_ENDPOINT_URL_SESV2"].endswith(f"http://ses:{settings.port}}}")


def test_the_simulators_certificate_and_topic_are_where_the_product_looks_for_them() -> None:
    given = COMPOSE["x-app"]["environment"]
    assert given["SES_TOPICS"] == SERVICES["ses"]["environment"]["SES_TOPICS"]
    assert f":-/ses/{sns.CERTIFICATE}}}" in given["SNS_CERTIFICATE_FILE"]
    assert "ses:/ses:ro" in COMPOSE["x-app"]["volumes"]


def test_every_server_keeps_its_data_in_a_named_volume() -> None:
    for name in ("dynamodb", "opensearch", "postgres", "ses", "valkey"):
        volume = SERVICES[name]["volumes"][0].split(":")[0]
        assert volume in COMPOSE["volumes"]


def test_only_loopback_is_published() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_does_not_run_as_root() -> None:
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    runtime = next(stage for stage in stages if " AS runtime" in stage)
    assert re.search(r"^USER (?!root)\w+", runtime, re.MULTILINE)
    assert all(" AS build" in stage or "FROM runtime" in f"FROM {stage}" or stage == runtime for stage in stages[1:])


def test_the_image_is_built_from_folders_that_exist() -> None:
    kept = [line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []


def test_compose_accepts_its_file() -> None:
    client = shutil.which("docker")
    if client is None or subprocess.run([client, "compose", "version"], check=False, capture_output=True).returncode:
        pytest.skip("docker compose is not installed here")
    environment = {**os.environ, "DOCKER_HOST": "unix:///nonexistent"}
    checked = subprocess.run(
        [client, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert checked.returncode == 0, checked.stderr
