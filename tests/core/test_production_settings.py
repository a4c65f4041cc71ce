"""Outside demo mode nothing is open by default. Settings are read once, so each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "production-secret-of-a-length-and-variety-that-django-finds-good-0123456789",
    "ALLOWED_HOSTS": "crm.example",
}
ASK = """
import django; django.setup()
from django.test import Client
response = Client(headers={"Host": "crm.example"}).get("/docs", secure=True)
print(response.status_code, response["Location"])
"""


def run(tmp_path: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in the project with nothing set but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {**kept, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "crm_site.settings", **environment}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)


def test_production_settings_pass_djangos_checks(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_without_a_secret_key_nothing_starts(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check")
    assert done.returncode != 0
    assert "SECRET_KEY must be set" in done.stderr


def test_documentation_asks_staff_to_sign_in(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", ASK, **PRODUCTION)
    assert done.stdout.strip() == "302 /accounts/sign-in/?next=/docs", done.stderr
