"""The environment is made from `uv.lock`, by anybody, anywhere."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())


def test_packages_come_from_the_public_index_only() -> None:
    sources = {source for package in LOCK["package"] for source in package["source"].items()}
    assert sources - {("virtual", ".")} == {("registry", "https://pypi.org/simple")}


def test_files_come_from_the_public_index_only() -> None:
    wheels = [wheel["url"] for package in LOCK["package"] for wheel in package.get("wheels", [])]
    archives = [package["sdist"]["url"] for package in LOCK["package"] if "sdist" in package]
    assert wheels
    assert {url.split("/")[2] for url in wheels + archives} == {"files.pythonhosted.org"}


def test_the_emulator_is_new_enough_for_pages_of_a_megabyte() -> None:
    version = next(package["version"] for package in LOCK["package"] if package["name"] == "ministack")
    assert tuple(map(int, version.split("."))) >= (1, 5, 33)


def test_python_is_pinned_to_what_the_product_is_written_for() -> None:
    assert (ROOT / ".python-version").read_text().strip() == "3.12"
