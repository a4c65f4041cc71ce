"""The two loops that `bench.sending` compares. Both run against `bench.canned`."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import batched
from typing import Any, cast

import boto3
import redis
from botocore.config import Config
from django.conf import settings

from bench.canned import Canned
from bench.cpu import cpu_s
from crm.campaigns import repository as campaigns
from crm.campaigns.entities import SENDING, Campaign
from crm.core import clock, dynamo, ids, transaction
from crm.core.utm import Utm
from crm.deliveries import pacing, repository, ses
from crm.deliveries.entities import CAMPAIGN, MAIL_STEP, PENDING, Delivery
from crm.people import repository as people
from crm.people.entities import Person, PersonFields
from crm.search import filters
from crm.suppressions.tables import SUPPRESSION_SK, suppression_pk
from worker import outbox
from worker.lanes import CampaignLane

_BATCH = 100
_BODY = (
    "Dear guest,\n\nthe programme is at https://conf.example/p and tickets are at https://conf.example/t.\n\nSee you!"
)


class Here(Executor):
    """Runs everything at once in the calling thread, for a profile that shows all of it."""

    def submit(self, fn: Callable[..., Any], /, *args: object, **given: object) -> Future[Any]:
        """Run it."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **given))
        return done


def _campaign() -> Campaign:
    now = clock.now()
    return Campaign(
        id=ids.new(),
        name="News",
        subject="The programme is out",
        utm=Utm("news", "email", "conf"),
        where=filters.EVERYONE,
        state=SENDING,
        revision=1,
        created_by="staff:1",
        created_at=now,
        updated_at=now,
    )


def _person(number: int) -> Person:
    fields = PersonFields(email=f"guest{number}@guests.example", first_name="Ada", last_name=f"Guest {number}")
    return Person.added(ids.new(), fields, clock.now())


def _mail(campaign: Campaign, person: Person) -> Delivery:
    now = clock.now()
    return Delivery(
        source=campaign.id,
        shard=0,
        person_id=person.id,
        step=MAIL_STEP,
        kind=CAMPAIGN,
        email=person.fields.email,
        subject=campaign.subject,
        state=PENDING,
        state_at=now,
        created_at=now,
        due_at=now,
        due_shard=0,
        utm=campaign.utm,
    )


class Product:
    """The outbox as the worker runs it, over a page of `mails` mails."""

    def __init__(self, mails: int) -> None:
        self._canned, self._mails = Canned(), mails
        dynamo.warm_up()
        for table in dynamo.TABLES:
            client = table._get_connection().connection.client
            client.meta.events.register("before-send.dynamodb", self._canned.answer)
        cast("Any", ses.client()).meta.events.register("before-send.sesv2", self._canned.answer)
        campaign = _campaign()
        persons = [_person(number) for number in range(mails)]
        tx = transaction.begin()
        campaigns.create(tx, campaign, _BODY)
        for person in persons:
            people.create(tx, person)
        self._canned.keep(put.item for put in tx._puts)
        self._rows = [_mail(campaign, person) for person in persons]
        self._lane = CampaignLane(campaign)

    @property
    def wire(self) -> bytes:
        """One of the mails sent, as SES got it."""
        return self._canned.mailed

    def after_fork(self) -> None:
        """Let go of the parent's connection to Redis."""
        pacing._pace.cache_clear()

    def run(self, pool: Executor) -> float:
        """Send them all. Return the CPU seconds that took."""
        now = clock.now()
        self._canned.lay_out(repository._item(replace(row, due_at=now)) for row in self._rows)
        began = cpu_s()
        moved = outbox.drain(self._lane, 0, pool, lambda: False)
        took = cpu_s() - began
        assert moved == self._mails, moved
        return took


class Bare:
    """The same calls as people would write them with boto3: nothing is looked at, nothing can go wrong."""

    def __init__(self, mails: int, wire: bytes) -> None:
        self._canned, self._wire = Canned(), wire
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1, "mode": "standard"})
        session = boto3.session.Session()
        self._dynamo, self._ses = (cast("Any", session.client(name, config=config)) for name in ("dynamodb", "sesv2"))
        for client in (self._dynamo, self._ses):
            client.meta.events.register("before-send", self._canned.answer)
        campaign = _campaign()
        persons = [_person(number) for number in range(mails)]
        tx = transaction.begin()
        for person in persons:
            people.create(tx, person)
        self._canned.keep(put.item for put in tx._puts)
        self._rows = [repository._item(_mail(campaign, person)) for person in persons]
        self._persons = persons
        self._turn = redis.Redis.from_url(settings.REDIS_URL).register_script(pacing._TAKE)

    def run(self) -> float:
        """Send them all. Return the CPU seconds that took."""
        self._canned.lay_out(self._rows)
        began = cpu_s()
        rows = self._dynamo.query(TableName="crm_outbox", IndexName="due", **_QUERY)["Items"]
        for batch in batched(zip(rows, self._persons, strict=True), _BATCH):
            found = self._people([person for _, person in batch])
            for row, person in batch:
                self._send(row, found[f"PERSON#{person.id}"])
        return cpu_s() - began

    def _people(self, persons: list[Person]) -> dict[str, Any]:
        keys = [{"pk": {"S": f"PERSON#{person.id}"}, "sk": {"S": "PERSON"}} for person in persons]
        barred = [{"pk": {"S": suppression_pk(one.fields.email)}, "sk": {"S": SUPPRESSION_SK}} for one in persons]
        found = [item for some in (keys, barred) for item in self._read(some)]
        return {item["pk"]["S"]: item for item in found}

    def _read(self, keys: list[Any]) -> list[Any]:
        asked = {"crm": {"Keys": keys, "ConsistentRead": True}}
        return list(self._dynamo.batch_get_item(RequestItems=asked)["Responses"]["crm"])

    def _send(self, row: dict[str, Any], person: dict[str, Any]) -> None:
        key = {"pk": row["pk"], "sk": row["sk"]}
        now = clock.now()
        at = {":at": {"S": now.isoformat()}, ":due": {"N": str(clock.epoch_ms(now))}, ":one": {"N": "1"}}
        claim = {":claim": {"S": ids.new()}, ":email": person["email"], ":attempt": row["attempt"], **at}
        self._dynamo.update_item(TableName="crm_outbox", Key=key, ExpressionAttributeValues=claim, **_CLAIM)
        self._turn(keys=["pace"], args=[0, 20_000, 10_000_000])
        answer = self._ses.send_email(
            FromEmailAddress=settings.MAIL_FROM,
            Destination={"ToAddresses": [person["email"]["S"]]},
            Content={"Raw": {"Data": self._wire}},
            EmailTags=[{"Name": name, "Value": "01m82gtxw4jz1cy2crf51msvey"} for name in _TAGS],
        )
        sent = {":message": {"S": answer["MessageId"]}, ":attempt": {"N": "1"}, **at}
        self._dynamo.update_item(TableName="crm_outbox", Key=key, ExpressionAttributeValues=sent, **_SENT)


_TAGS = ("campaign", "delivery", "attempt", "shard")
_QUERY = {
    "KeyConditionExpression": "due_pk = :pk AND due_at <= :now",
    "ExpressionAttributeValues": {":pk": {"S": "DUE#x#0"}, ":now": {"N": "1800000000000"}},
}
_NAMES = {"#state": "state"}
_CLAIM = {
    "UpdateExpression": "SET #state = :claim, state_at = :at, due_at = :due, attempt = :one, claim_id = :claim, "
    "email = :email, first_claimed_at = :at REMOVE reason ADD version :one",
    "ConditionExpression": "#state IN (:claim) AND attempt = :attempt AND due_at <= :due",
    "ExpressionAttributeNames": _NAMES,
}
_SENT = {
    "UpdateExpression": "SET #state = :message, state_at = :at, message_id = :message, sent_at = :at "
    "REMOVE reason, due_pk, due_at ADD version :one",
    "ConditionExpression": "#state IN (:message) AND attempt = :attempt AND due_at <= :due",
    "ExpressionAttributeNames": _NAMES,
}
