"""Fills a read model and tables with synthetic campaigns and what came of them, and signs somebody in.

    python -m bench.analytics.filling MAILS

Prints the cookie of who is signed in. The environment names the folder, where a read model that suits is used again,
and DynamoDB.
"""

import json
import os
import sys
from io import StringIO
from itertools import batched
from pathlib import Path
from time import perf_counter

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from bench import environment
from bench.analytics import rows, tables
from crm.core import clock
from crm.search import engine, sqlite_schema

_BATCH = 5_000


def main() -> None:
    """Fill and sign in."""
    os.environ.update(environment.VARIABLES)
    django.setup()
    mails = int(sys.argv[1])
    _fill_read_model(mails)
    # After the read model: each campaign's own rows come to it by the transaction that stores them.
    tables.fill(mails)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("create_demo_staff", stdout=StringIO())
    client = Client()
    client.force_login(get_user_model().objects.get(email=tables.ACTOR))
    print("; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()))


def _fill_read_model(mails: int) -> None:
    mark = Path(settings.DATA_DIR) / "loaded.json"
    # Periods end today.
    wanted = {"mails": mails, "schema": sqlite_schema.SCHEMA, "on": clock.now().date().isoformat()}
    if mark.exists() and json.loads(mark.read_text()) == wanted:
        return
    started = perf_counter()
    store = engine.rebuildable()
    built = store.beside()
    for some in batched(rows.rows(mails, clock.now()), _BATCH):
        built.apply(some)
    built.finish()
    store.adopt(built)
    store.note_freshness(clock.now())
    mark.write_text(json.dumps(wanted))
    print(f"{mails:,} mails loaded in {perf_counter() - started:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
