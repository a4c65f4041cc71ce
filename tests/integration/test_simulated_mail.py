"""The whole way of a mail on the real stack: to the simulator, and what became of it back over signed SNS messages."""

import time
from collections import Counter

import pytest

from tests.integration.stack import Stack, eventually

pytestmark = pytest.mark.integration


def _send(stack: Stack, company: str) -> str:
    """Mail everybody at a company; return the campaign's path."""
    body = {"filter": {"company": company}, "subject": "Hello", "body": "Hello there.", "utm_campaign": company}
    answer = stack.ask("POST", "/emails/send", body)
    assert answer.status == 202, answer.body
    return f"/campaigns/{answer.json['campaignId']}"


def test_an_address_that_bounced_is_not_mailed_again(stack: Stack) -> None:
    company = f"simulated-{time.time_ns()}"
    good, bad = f"ann@{company}.example", f"bounce+1@{company}.example"
    for address in (good, bad):
        stack.create("/users", {"email": address, "company": company})

    first = _send(stack, company)
    wanted = {"delivered": 1, "bounced": 1}
    assert eventually(lambda: wanted.items() <= stack.get(first)["outcomes"].items(), 60), stack.get(first)
    second = _send(stack, company)
    assert eventually(lambda: stack.get(second)["state"] == "sent", 60), stack.get(second)

    assert stack.get(second)["excluded"] == {"suppressed": 1}
    assert Counter(address for address in stack.recipients() if company in address) == {good: 2, bad: 1}
