"""What DynamoDB holds behind the pages: campaigns, of which some are on their way, imports, and dead letters."""

from datetime import datetime, timedelta

from bench.analytics import rows
from crm.audit import repository as audit
from crm.campaigns import repository as campaigns
from crm.campaigns.entities import FIRST_REVISION, PAUSED, SENDING, SENT, Campaign
from crm.core import clock, dead_letters, dynamo, ids, transaction
from crm.core.utm import Utm
from crm.imports import repository as imports
from crm.imports.entities import CREATE, DONE, LISTED, RUNNING, Counts, Import, Settings
from crm.search import filters

ACTOR = "owner@crm.example"
# The last ones of the campaigns; all others are sent.
_ON_THEIR_WAY = {17: PAUSED, 18: SENDING, 19: SENDING}
_IMPORTS_REFUSED, _DEAD_LETTERS = 3, 30
_BODY = "Hello {{firstName}},\n\n" + "\n".join(f"see {link}" for link in rows.LINKS)


def fill(mails: int) -> None:
    """Create the tables and store everything, by the product's own repositories."""
    dynamo.create_tables()
    now = clock.now()
    for number in range(rows.CAMPAIGNS):
        _store_campaign(number, mails // rows.CAMPAIGNS, now)
    for number in range(LISTED):
        _store_import(number, now)
    for number in range(_DEAD_LETTERS):
        keys = {"pk": f"PERSON#{number}", "sk": "PERSON"}
        stream = f"{dynamo.CrmItem.Meta.table_name}/1"
        dead_letters.bury(dead_letters.DeadLetter("person", stream, "shard", str(number), keys, "no e-mail", 5, now))


def _store_campaign(number: int, matched: int, now: datetime) -> None:
    begun, state = rows.begun(number, now), _ON_THEIR_WAY.get(number, SENT)
    key = f"campaign-{number}"
    utm = Utm(rows.SOURCES[number % len(rows.SOURCES)], rows.MEDIA[number % len(rows.MEDIA)], key)
    campaign = Campaign(
        id=key,
        name=f"Campaign {number}",
        subject="News",
        utm=utm,
        where=filters.EVERYONE,
        state=state,
        revision=FIRST_REVISION,
        created_by=ACTOR,
        created_at=begun,
        updated_at=begun,
        chunks=1,
        next_chunk=1,
        matched=matched,
        frozen_at=begun,
        finished_at=begun + timedelta(hours=1) if state == SENT else None,
        paused_from=SENDING if state == PAUSED else "",
        stop_reason="Too many mails bounced." if state == PAUSED else "",
    )
    tx = transaction.begin()
    campaigns.create(tx, campaign, _BODY)
    audit.record(tx, kind="campaign", id=key, action="started", actor=ACTOR, after={"matched": matched})
    tx.commit()


def _store_import(number: int, now: datetime) -> None:
    refused = 37 if number < _IMPORTS_REFUSED else 0
    counts = Counts(created=1_000, refused=refused)
    settings = Settings(("email", "first_name"), CREATE)
    new = Import(
        ids.new(), f"people-{number}.csv", ACTOR, RUNNING, "utf-8", ("E-mail", "Name"), 1_000, 5, now, settings
    )
    tx = transaction.begin()
    imports.create(tx, new)
    tx.commit()
    tx = transaction.begin()
    imports.end(tx, new, to=DONE, counts=counts, now=now)
    tx.commit()
