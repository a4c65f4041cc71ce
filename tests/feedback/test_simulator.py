"""What the simulator of SES says of a mail is believed and understood, from its first event to its last."""

from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from crm.core import clock
from crm.deliveries.entities import SENT
from crm.suppressions import actions as suppressing
from devstack.ses_simulator import events
from devstack.ses_simulator.mails import Mail
from devstack.ses_simulator.sns import CERTIFICATE, Topic
from tests.deliveries import examples
from tests.feedback import signing
from tests.feedback.conftest import Post, hold, read
from worker import outbox

SIMULATOR = "simulator.amazonses.com"


@pytest.mark.parametrize(
    ("recipient", "outcome"),
    [
        (f"success@{SIMULATOR}", "delivered"),
        (f"bounce@{SIMULATOR}", "bounced"),
        (f"suppressionlist@{SIMULATOR}", "bounced"),
        (f"complaint@{SIMULATOR}", "complained"),
    ],
)
def test_simulated_events_settle_their_mail(
    recipient: str, outcome: str, tmp_path: Path, post: Post, settings: Settings
) -> None:
    topic = Topic(signing.TOPIC, tmp_path)
    settings.SES_ENDPOINT, settings.SNS_CERTIFICATE_FILE = "http://127.0.0.1:4579", str(tmp_path / CERTIFICATE)
    held = hold(replace(examples.mail(), email=recipient))
    sent = Mail("Event CRM <events@crm.example>", (recipient,), outbox.tags(held), (), b"")

    now = clock.now().timestamp()
    for number, (_, _, event) in enumerate(events.of_mail(sent, "m1", now, people=False)):
        told = topic.notification(f"id-{number}", events.text(event), now)
        assert post(told.body).status_code == 200

    assert (read(held).state, read(held).outcome, read(held).message_id) == (SENT, outcome, "m1")
    assert suppressing.is_suppressed(recipient) == (outcome != "delivered")
