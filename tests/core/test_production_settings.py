"""Outside demo mode nothing is open by default. Settings are read once, so each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
ASK_BY_ADDRESS = """
import io, sys
from crm_site.wsgi import application
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": sys.argv[1], "HTTP_HOST": "127.0.0.1:8000", "SERVER_NAME": "127.0.0.1",
           "SERVER_PORT": "8000", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO()}
application(environ, lambda status, headers: print(status[:3]))
"""
ASK_FORWARDED = """
import django; django.setup()
from django.test import RequestFactory
print(RequestFactory(headers={"X-Forwarded-Proto": "https"}).get("/").is_secure())
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


@pytest.mark.parametrize("hosts", ["crm.example", ".crm.example", "*"])
def test_health_answers_whatever_address_a_probe_knows(tmp_path: Path, hosts: str) -> None:
    done = run(tmp_path, "-c", ASK_BY_ADDRESS, "/health/live", **{**PRODUCTION, "ALLOWED_HOSTS": hosts})
    assert done.stdout.strip() == "200", done.stderr


def test_everything_else_answers_under_its_own_names_only(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", ASK_BY_ADDRESS, "/users", **PRODUCTION)
    assert done.stdout.strip() == "400", done.stderr


@pytest.mark.parametrize(("proxies", "is_secure"), [("0", "False"), ("1", "True")])
def test_forwarded_protocol_is_believed_behind_trusted_proxies_only(
    tmp_path: Path, proxies: str, is_secure: str
) -> None:
    done = run(tmp_path, "-c", ASK_FORWARDED, **PRODUCTION, TRUSTED_PROXIES=proxies)
    assert done.stdout.strip() == is_secure, done.stderr
