"""Where the engines' programs are looked for, and what is said where there are none."""

from pathlib import Path

import pytest

from tests.engines import __main__ as engines
from tests.engines import java
from tests.engines.java import Missing, Tools


def _program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing on it but a shell."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(java, "_INSTALLED", tmp_path / "jvm")


def test_a_java_that_is_too_old_is_passed_over_for_one_that_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _program(tmp_path / "old" / "bin" / "java", 'openjdk version "17.0.15" 2025-04-15')
    new = _program(tmp_path / "jvm" / "some" / "bin" / "java", 'openjdk version "21" 2023-09-19 LTS')
    maven = _program(tmp_path / "path" / "mvn", "Apache Maven")
    monkeypatch.setenv("JAVA_HOME", str(old.parent.parent))
    assert Tools.found() == Tools(new, str(maven))


def test_without_java_or_maven_it_is_said_and_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert engines.main([]) == 0
    assert "NOT run: no Java 21 or newer" in capsys.readouterr().err
    _program(tmp_path / "jvm" / "some" / "bin" / "java", 'openjdk version "25.0.1"')
    with pytest.raises(Missing, match="Maven"):
        Tools.found()


def test_engines_that_do_not_come_are_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _program(tmp_path / "jvm" / "some" / "bin" / "java", 'openjdk version "25.0.1"')
    maven = _program(tmp_path / "path" / "mvn", "no such artifact")
    maven.write_text("#!/bin/sh\necho 'no such artifact' >&2\nexit 1\n")
    assert engines.main([]) == 1
    assert "no such artifact" in capsys.readouterr().err
