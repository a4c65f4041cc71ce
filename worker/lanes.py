"""The two kinds of queues in the outbox: a campaign's mails, and everybody's confirmations."""

import logging
import threading
import time
from typing import Protocol

from django.conf import settings
from pynamodb.exceptions import PynamoDBException

from crm.campaigns import layouts, trials
from crm.campaigns import repository as campaigns
from crm.campaigns.entities import SENDING, Campaign
from crm.core import errors
from crm.deliveries import confirmations, tokens
from crm.deliveries.entities import (
    CONFIRMATION,
    EVENT_OFF,
    MOVED_UP,
    NOT_REGISTERED,
    REMINDER,
    TEST,
    TRANSACTIONAL,
    Delivery,
    confirmation_step,
    waiting_step,
)
from crm.deliveries.letters import Sendable
from crm.deliveries.press import Copy, Press
from crm.events import repository as events
from crm.events.entities import Event
from crm.people.entities import Person
from crm.registrations import repository as registrations
from crm.registrations.entities import CANCELLED, REGISTERED, WAITLISTED, Registration

log = logging.getLogger(__name__)

# Pausing and cancelling are seen this soon.
MAX_AGE_S = 1.0


class Lane(Protocol):
    """One queue of the outbox. `name` is its part of the due index's key."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str:
        """What kind of campaign mail it holds, which people may have unsubscribed from; empty where it is none."""

    def is_open(self) -> bool:
        """Whether its mails may be claimed now."""

    def reason(self, mail: Delivery) -> str:
        """Return why a mail of it must not be sent any more, empty where it may."""

    def letter(self, mail: Delivery, person: Person) -> Sendable:
        """Write the mail."""


class CampaignLane:
    """A campaign's mails: one layout for everybody, as long as the campaign is being sent."""

    def __init__(self, campaign: Campaign) -> None:
        self.name, self.kind = campaign.id, campaign.kind
        self._press = Press(layouts.of(campaign), settings.UNSUBSCRIBE_MAILBOX)
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._is_open = False

    def is_open(self) -> bool:
        """Whether the campaign is known to have been sent on at most a second ago. Never fails: unknown is closed.

        Asked before a mail is claimed and once more before its call, however long the claim took. So no call begins
        later than `MAX_AGE_S`, and what it takes to write the mail, after a pause or cancellation was confirmed.
        """
        with self._lock:
            if time.monotonic() - self._read_at > MAX_AGE_S:
                # Counted from before the question: the answer may have been true then, and take long to arrive.
                self._read_at = time.monotonic()
                self._is_open = self._is_being_sent()
            return self._is_open and time.monotonic() - self._read_at <= MAX_AGE_S

    def _is_being_sent(self) -> bool:
        try:
            found = campaigns.find(self.name)
        except (errors.Busy, PynamoDBException) as error:
            log.warning("campaign %s waits: its state cannot be read (%s)", self.name, type(error).__name__)
            return False
        return found is not None and found.state == SENDING

    def reason(self, mail: Delivery) -> str:  # noqa: ARG002 - a lane
        """No reason of the campaign's own."""
        return ""

    def letter(self, mail: Delivery, person: Person) -> Sendable:
        """Everybody gets the same but for their fields and the tokens in their addresses."""
        return Copy(self._press, person.fields, tokens.of(mail))


class ConfirmationLane:
    """Confirmations of all events, each written from its event as it is now; and tests of campaigns' mails."""

    name, kind = TRANSACTIONAL, ""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, tuple[float, Event | None]] = {}

    def is_open(self) -> bool:
        """Always."""
        return True

    def reason(self, mail: Delivery) -> str:
        """Nobody is asked to come to an event that is off, or for which this registration of theirs is cancelled.

        Cancelling withdraws a confirmation that is pending; one under way then may be pending again later.
        """
        event = self._event(mail.source)
        if event is None or event.is_cancelled:
            return EVENT_OFF
        return _why_not(mail, registrations.find(mail.source, mail.person_id))

    def letter(self, mail: Delivery, person: Person) -> Sendable:
        """Write the confirmation, or the test that somebody sent to themselves.

        Raises:
            LookupError: the event was deleted this very moment; the next attempt will see it.
        """
        if mail.kind == TEST:
            return trials.letter(mail)
        event = self._event(mail.source)
        if event is None:
            raise LookupError(mail.source)
        if mail.step.startswith(CONFIRMATION):
            return confirmations.letter(person, event)
        found = registrations.find(mail.source, mail.person_id)
        is_waiting = found is not None and found.status == WAITLISTED
        return confirmations.waiting(person, event) if is_waiting else confirmations.reminder(person, event)

    def _event(self, event_id: str) -> Event | None:
        with self._lock:
            read_at, event = self._events.get(event_id, (float("-inf"), None))
            if time.monotonic() - read_at > MAX_AGE_S:
                event = events.find(event_id)
                self._events[event_id] = (time.monotonic(), event)
            return event


def _why_not(mail: Delivery, found: Registration | None) -> str:
    if found is None or found.status == CANCELLED:
        return NOT_REGISTERED
    if mail.step.startswith(REMINDER):
        return ""
    if mail.step == waiting_step(found.generation):
        return MOVED_UP if found.status == REGISTERED else ""
    return "" if found.status == REGISTERED and mail.step == confirmation_step(found.generation) else NOT_REGISTERED
