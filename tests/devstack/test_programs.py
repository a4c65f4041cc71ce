"""Supervisor's configuration says what runs, where it listens and in which order it stops."""

import configparser
from pathlib import Path

import pytest

from devstack import plan, programs
from tests.integration.stack import free_port


@pytest.fixture
def sections(tmp_path: Path) -> configparser.RawConfigParser:
    """The configuration of a stack whose folder has a name that asks for trouble."""
    chosen = plan.from_environment({"PORT": str(free_port()), "DATA_DIR": str(tmp_path / "50 % of it")})
    parser = configparser.RawConfigParser()
    parser.read_string(programs.configuration(chosen, tmp_path / "orders"))
    return parser


def test_stopping_takes_the_emulator_last(sections: configparser.RawConfigParser) -> None:
    names = [name.removeprefix("program:") for name in sections.sections() if name.startswith("program:")]
    by_stop = sorted(names, key=lambda name: -int(sections[f"program:{name}"]["priority"]))
    assert by_stop == ["beat", "web", "worker", "projector", "valkey", "ses", "emulator"]


def test_everything_that_dies_is_started_again(sections: configparser.RawConfigParser) -> None:
    kept = [sections[name]["autorestart"] for name in sections.sections() if name.startswith("program:")]
    assert kept == ["true"] * 7


def test_servers_listen_on_loopback_only(sections: configparser.RawConfigParser) -> None:
    assert "--bind 127.0.0.1" in sections["program:valkey"]["command"]
    assert 'BIND_HOST="127.0.0.1"' in sections["program:emulator"]["environment"]
    assert "--host" not in sections["program:ses"]["command"]
    assert 'BIND="127.0.0.1:' in sections["program:web"]["environment"]


def test_a_percent_sign_in_the_folder_is_no_placeholder(sections: configparser.RawConfigParser) -> None:
    assert "50 %% of it" in sections["program:valkey"]["command"]
    assert sections["supervisord"]["logfile"].endswith("50 %% of it/logs/supervisord.log")


def test_processes_can_be_told_by_their_command_lines(sections: configparser.RawConfigParser) -> None:
    commands = {name: sections[f"program:{name}"]["command"] for name in ("web", "worker", "beat", "projector")}
    assert "gunicorn" in commands["web"]
    assert "celery -A worker.app worker" in commands["worker"]
    assert "celery --quiet beat" in commands["beat"]
    assert "worker" not in commands["beat"]
    assert commands["projector"].endswith("manage.py run_projector")
