"""`make test-engines`: start the real engines, run the suites that speak to them, stop the engines.

Where Java or Maven is missing nothing can be said about the engines: that is printed, and is no failure. Where both are
there, engines that do not come, or do not start, are a failure.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engines import running
from tests.engines.environment import DYNAMODB, OPENSEARCH
from tests.engines.java import Missing, NotFetched, Tools

# What writes to DynamoDB, reads its streams or asks the read model; pages look the same whatever is beneath them.
SUITES = (
    "tests/engines",
    "tests/core/test_keys.py",
    "tests/core/test_leases.py",
    "tests/core/test_tables.py",
    "tests/core/test_transaction.py",
    "tests/people/test_actions.py",
    "tests/events/test_actions.py",
    "tests/events/test_schedule.py",
    "tests/registrations",
    "tests/suppressions/test_actions.py",
    "tests/deliveries",
    "tests/engagement",
    "tests/campaigns/test_expansion.py",
    "tests/campaigns/test_freezing.py",
    "tests/worker/test_outbox.py",
    "tests/worker/test_outbox_failures.py",
    "tests/worker/test_streams_end_to_end.py",
    "tests/worker/test_streams_into_stores.py",
    "tests/search",
    "tests/analytics/test_engagement_contract.py",
    "tests/analytics/test_store_contract.py",
)


def main(arguments: list[str]) -> int:
    """Run pytest on the suites, or on what the arguments name instead."""
    try:
        tools = Tools.found()
    except Missing as missing:
        sys.stderr.write(f"\n*** The tests on real engines were NOT run: {missing}. ***\n\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="crm-engines-", ignore_cleanup_errors=True) as name:
        try:
            return _run(tools, Path(name), arguments or list(SUITES))
        except (NotFetched, running.NotStarted) as error:
            sys.stderr.write(f"\n*** The real engines did not start. ***\n{error}\n")
            return 1


def _run(tools: Tools, folder: Path, suites: list[str]) -> int:
    with running.dynamodb_local(tools, folder) as dynamodb, running.opensearch(tools, folder) as opensearch:
        environment = {**os.environ, DYNAMODB: dynamodb, OPENSEARCH: opensearch}
        told = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "--dist",
            "worksteal",
            "-m",
            "not integration and not e2e",
            *suites,
        ]
        return subprocess.run(told, check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
