"""Everything between empty servers and the first request, in one process: Django is imported once.

What it writes to standard output is shown to people when the stack is ready.
"""

import http.client
import os
import sys
import time
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command

from devstack import static_files
from devstack.plan import DYNAMODB, SES

_ANSWERS_WITHIN_S = 60.0
_STEP_S = 0.05


def main() -> None:
    """Wait for the servers, then make tables, staff accounts, static files and, in demo mode, demo data."""
    for variable in (DYNAMODB, SES):
        if os.environ.get(variable):
            _wait_for_http(os.environ[variable])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    django.setup()
    _wait_for_redis()
    _forget_the_last_run()
    static_files.collect()
    call_command("prepare", stdout=sys.stdout)


def _forget_the_last_run() -> None:
    """What it said about itself must not vouch for processes that have yet to start."""
    from crm.core import heartbeats  # noqa: PLC0415  # needs settings
    from crm.search import engine  # noqa: PLC0415

    heartbeats.forget()
    engine.store().note_freshness(None)


def _wait_for_http(endpoint: str) -> None:
    """Wait until something answers HTTP there, whatever it says; a remote endpoint answers at once."""
    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while True:
        connection = kind(parts.netloc, timeout=5)
        try:
            connection.connect()
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"{endpoint} does not answer: {error}")
            time.sleep(_STEP_S)
        else:
            return
        finally:
            connection.close()


def _wait_for_redis() -> None:
    from crm.core import brief_redis, heartbeats  # noqa: PLC0415  # needs settings

    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while True:
        try:
            heartbeats.ping()
        except brief_redis.AWAY as error:
            if time.monotonic() > deadline:
                sys.exit(f"{settings.REDIS_URL} does not answer: {error}")
            time.sleep(_STEP_S)
        else:
            return


if __name__ == "__main__":
    main()
