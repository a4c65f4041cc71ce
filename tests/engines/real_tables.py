"""The two tables on DynamoDB Local: made for each test and deleted after it, so that its streams begin anew too."""

from collections.abc import Iterator
from contextlib import contextmanager

from crm.core import dynamo


@contextmanager
def made() -> Iterator[None]:
    """Have both tables, empty, for as long as the block lasts."""
    dynamo.create_tables()
    try:
        yield
    finally:
        for table in dynamo.TABLES:
            table.delete_table()
