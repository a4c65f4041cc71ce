"""A Java that is new enough, and Maven: what starting the engines needs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEAST = 21
_INSTALLED = Path("/usr/lib/jvm")
_CLASSPATH = "org.apache.maven.plugins:maven-dependency-plugin:build-classpath"
# The first time it fetches 150 MB.
_FETCH_S = 900


class Missing(Exception):
    """What is not on this machine, in words."""


class NotFetched(Exception):
    """Maven is there but did not bring the engine."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The two programs."""

    java: Path
    maven: str

    @classmethod
    def found(cls) -> "Tools":
        """Look at JAVA_HOME, the PATH, and where distributions install. Raises Missing."""
        maven = shutil.which("mvn")
        java = next((java for java in _javas() if _release(java) >= LEAST), None)
        if java is None:
            raise Missing(f"no Java {LEAST} or newer (JAVA_HOME, the PATH and {_INSTALLED} were looked at)")
        if maven is None:
            raise Missing("no Maven (mvn) on the PATH")
        return cls(java, maven)

    def classpath(self, pom: Path, folder: Path) -> str:
        """Return where the jars that a pom names are, fetching what is missing. Raises NotFetched."""
        found = folder / f"{pom.stem}.classpath"
        told = [self.maven, "-q", "-B", "-f", str(pom), _CLASSPATH, f"-Dmdep.outputFile={found}"]
        ran = subprocess.run(told, check=False, capture_output=True, text=True, timeout=_FETCH_S)
        if ran.returncode:
            raise NotFetched(f"{pom.name}: {ran.stdout[-2_000:]}{ran.stderr[-2_000:]}")
        return found.read_text()


def _javas() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    yield from (home / "bin" / "java" for home in sorted(_INSTALLED.glob("*"), reverse=True))


def _release(java: Path) -> int:
    """Return a Java's feature release, 0 where it is none."""
    if not java.is_file():
        return 0
    told = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    return int(version[1]) if version else 0
