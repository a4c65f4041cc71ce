"""The proof to take away: one row for each person as DynamoDB has it, and nothing in it that a spreadsheet runs."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns.entities import Campaign
from crm.core import clock
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import SKIPPED, Delivery
from tests.campaigns import audience_steps
from tests.deliveries.examples import mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


def kept(delivery: Delivery, **values: object) -> None:
    """Store a mail."""
    assert deliveries.create(replace(delivery, **values))  # type: ignore[arg-type]


def rows(client: Client, campaign: Campaign) -> list[Mapping[str, str]]:
    """Download and read the file."""
    answer = client.get(f"/dashboard/campaigns/{campaign.id}/proof/csv/")
    assert answer.status_code == HTTPStatus.OK
    assert answer["Content-Disposition"] == f'attachment; filename="campaign-{campaign.id}.csv"'
    text = b"".join(answer).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everybody_matched_is_one_row_those_left_out_too(as_owner: Client) -> None:
    campaign = audience_steps.frozen(audience_steps.started(), shards=3)
    for shard in range(3):
        kept(mail(f"p{shard}", campaign.id), shard=shard)
    kept(mail("p9", campaign.id), state=SKIPPED, reason="unsubscribed", due_at=None, email="")
    kept(mail("p1", "another"))
    found = {row["person_id"]: row for row in rows(as_owner, campaign)}
    assert found.keys() == {"p0", "p1", "p2", "p9"}
    assert (found["p9"]["state"], found["p9"]["reason"], found["p9"]["email"]) == ("skipped", "unsubscribed", "")
    assert (found["p0"]["state"], found["p0"]["attempts"], found["p0"]["calls"]) == ("pending", "0", "0")


def test_rows_that_are_open_say_why_and_until_when(as_owner: Client) -> None:
    campaign = audience_steps.frozen(audience_steps.started())
    due = clock.now() + timedelta(minutes=5)
    kept(mail("p1", campaign.id), due_at=due, reason="busy")
    kept(mail("p2", campaign.id), state="held", due_at=None)
    kept(mail("p3", campaign.id), state="sent", due_at=None)
    found = {row["person_id"]: row for row in rows(as_owner, campaign)}
    assert found["p1"]["due_at"].startswith(due.isoformat()[:19])
    assert "Staff decide" in found["p2"]["open_because"]
    assert (found["p3"]["open_because"], found["p3"]["due_at"]) == ("", "")


def test_address_that_begins_a_formula_is_text(as_owner: Client) -> None:
    campaign = audience_steps.started()
    kept(mail("p1", campaign.id), email="=cmd|' /C calc'!A0@example.com")
    (row,) = rows(as_owner, campaign)
    assert row["email"] == "'=cmd|' /C calc'!A0@example.com"


def test_file_of_an_unknown_campaign_is_not_found(as_owner: Client) -> None:
    assert as_owner.get("/dashboard/campaigns/none/proof/csv/").status_code == HTTPStatus.NOT_FOUND
