"""A private PostgreSQL with the same rows and ordinary indexes, in a temporary folder."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

# Table -> its columns, as they are in the read model's file, and what is indexed besides the key.
_TABLES = {
    "people": (
        "id email first_name last_name job_title company city state gender created_at events_registered "
        "events_attended events_hosted unsubscribed unsubscribed_from tags suppressed",
        "company,city|city|state|job_title|gender|email|first_name,id|last_name,id|created_at,id|events_registered|"
        "events_attended|events_hosted|tags|company,id",
    ),
    "registrations": (
        "id event_id person_id status counted attended event_start_at",
        "event_id|person_id|event_start_at",
    ),
    "deliveries": ("id campaign_id person_id state state_at", "campaign_id,state|person_id|state_at"),
    "engagements": ("id campaign_id mail_id person_id kind verdict at", "campaign_id,kind|person_id|at"),
}
_NUMBERS = {
    *("created_at", "events_registered", "events_attended", "events_hosted", "unsubscribed", "suppressed"),
    *("counted", "attended", "event_start_at", "state_at", "at"),
}


def programs() -> Path | None:
    """Return where PostgreSQL's programs are; None where it is not installed."""
    found = shutil.which("pg_ctl") or next(
        iter(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")))), None
    )
    return Path(found).parent if found else None


@contextmanager
def loaded(file: Path, binaries: Path) -> Iterator[psycopg.Connection]:
    """Start a cluster holding the rows of a read model's file; give a connection; remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    # PostgreSQL refuses to run as root.
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    data, control = folder / "data", [*user, str(binaries / "pg_ctl")]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c shared_buffers=512MB -c work_mem=64MB"
    try:
        initdb = [*user, str(binaries / "initdb"), "-U", "bench", "--locale=C", "-E", "UTF8", "-A", "trust", "-D", data]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL)
        start = [*control, "-D", data, "-w", "-t", "300", "-l", folder / "log", "-o", options, "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(host=str(folder), user="bench", dbname="postgres", autocommit=True) as connection:
            _copy(file, connection)
            yield connection
    finally:
        subprocess.run([*control, "-D", data, "-w", "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def _copy(file: Path, connection: psycopg.Connection) -> None:
    source = sqlite3.connect(file)
    for table, (names, indexes) in _TABLES.items():
        columns = names.split()
        types = ", ".join(f"{name} {'bigint' if name in _NUMBERS else 'text'}" for name in columns)
        connection.execute(f"CREATE UNLOGGED TABLE {table} ({types}, PRIMARY KEY (id))")
        with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in source.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                copy.write_row(row)
        for number, index in enumerate(indexes.split("|")):
            connection.execute(f"CREATE INDEX {table}_{number} ON {table} ({index})")
    words = "first_name || ' ' || last_name || ' ' || email || ' ' || company || ' ' || job_title"
    connection.execute(
        f"ALTER TABLE people ADD words tsvector GENERATED ALWAYS AS (to_tsvector('simple', {words})) STORED"
    )
    connection.execute("CREATE INDEX people_words ON people USING gin (words)")
    connection.execute("VACUUM ANALYZE")
    source.close()
