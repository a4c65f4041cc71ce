"""Whatever workers, SES, staff and feedback do, and in whatever order: one state, one call, and the sums hold.

STATE_MACHINE_EXAMPLES says how many sequences are tried (100; 10,000 by hand before a release).
"""

import os
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from crm.core import clock, ids
from crm.deliveries import settling, transitions
from tests.deliveries import outbox_model, quick_moto
from tests.deliveries.outbox_model import ACCEPTED, ANSWERS, ARRIVED, FATES, NEVER_ARRIVED, Flight
from tests.engines import environment as engines

_EXAMPLES = int(os.environ.get("STATE_MACHINE_EXAMPLES", "100"))
_ANY = st.integers(0, 1_000)
_WAITS = st.sampled_from((0.5, 5.0, 61.0, 901.0, 90_000.0))
_FATES = st.sampled_from((ARRIVED, *FATES))


class Outbox(RuleBasedStateMachine):
    """Picks who does what next."""

    def __init__(self) -> None:
        super().__init__()
        self._real, self._ahead = clock.now, timedelta()
        self._patch = patch.object(clock, "now", lambda: self._real() + self._ahead)
        self._patch.start()
        self.model = outbox_model.begin()

    def teardown(self) -> None:
        self._patch.stop()
        outbox_model.check_all(self.model)

    @rule(seconds=_WAITS)
    def time_passes(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    @rule(which=_ANY)
    def somebody_reads(self, which: int) -> None:
        mail = self.model.mails[which % len(self.model.mails)]
        self.model.views = [*self.model.views[-5:], self.model.find(mail)]

    @rule(which=_ANY, fate=_FATES)
    def worker_claims(self, which: int, fate: int) -> None:
        view = self.model.view(which)
        before = self.model.find(view).attempt

        def claim() -> object:
            return transitions.claim(view, claim_id=ids.new(), email=view.email, now=clock.now())

        claimed = outbox_model.suffering(fate, claim)
        made = self.model.find(view).attempt - before
        assert bool(claimed) == bool(made), "a claim is the worker's exactly where it was made"
        if claimed is not None:
            assert fate != NEVER_ARRIVED
            self.model.uncalled[view.id] = self.model.uncalled.get(view.id, 0) + 1
            self.model.flights.append(Flight(claimed))  # type: ignore[arg-type]

    @precondition(lambda self: any(flight.answer is None for flight in self.model.flights))
    @rule(which=_ANY, answer=st.sampled_from((ACCEPTED, ACCEPTED, *ANSWERS)))
    def ses_is_called(self, which: int, answer: int) -> None:
        waiting = [flight for flight in self.model.flights if flight.answer is None]
        outbox_model.call(self.model, waiting[which % len(waiting)], answer)

    @precondition(lambda self: any(flight.answer is None for flight in self.model.flights))
    @rule(which=_ANY, fate=_FATES)
    def worker_gives_back(self, which: int, fate: int) -> None:
        waiting = [flight for flight in self.model.flights if flight.answer is None]
        flight = waiting[which % len(waiting)]
        before = self.model.find(flight.mail).returned
        outbox_model.suffering(fate, lambda: transitions.give_back(flight.mail, clock.now()))
        self.model.flights.remove(flight)
        self.model.uncalled[flight.mail.id] -= self.model.find(flight.mail).returned - before

    @precondition(lambda self: any(flight.answer is not None for flight in self.model.flights))
    @rule(which=_ANY, fate=_FATES)
    def worker_settles(self, which: int, fate: int) -> None:
        called = [flight for flight in self.model.flights if flight.answer is not None]
        flight = called[which % len(called)]
        self.model.touched = flight.mail
        outbox_model.suffering(fate, lambda: outbox_model.settle(flight))
        if fate == ARRIVED:
            self.model.flights.remove(flight)
            mail = self.model.find(flight.mail)
            known = {mail.message_id, *mail.other_message_ids}
            assert flight.answer != ACCEPTED or flight.message_id in known, "accepted, and forgotten"

    @precondition(lambda self: self.model.flights)
    @rule(which=_ANY)
    def worker_is_killed(self, which: int) -> None:
        self.model.flights.pop(which % len(self.model.flights))

    @rule(which=_ANY)
    def sweep_finds_it_overdue(self, which: int) -> None:
        settling.overdue(self.model.view(which), clock.now())

    @rule(which=_ANY, is_cancel=st.booleans())
    def campaign_is_cancelled_or_person_left_out(self, which: int, is_cancel: bool) -> None:
        view = self.model.view(which)
        if is_cancel:
            transitions.cancel(view, clock.now())
        else:
            transitions.skip(view, "suppressed", clock.now())

    @rule(which=_ANY, is_retry=st.booleans())
    def staff_ask_again(self, which: int, is_retry: bool) -> None:
        view = self.model.view(which)
        (transitions.retry if is_retry else transitions.resend)(view, clock.now())

    @precondition(lambda self: any(call.is_accepted for call in self.model.calls))
    @rule(which=_ANY, stale=_ANY)
    def event_arrives(self, which: int, stale: int) -> None:
        accepted = [call for call in self.model.calls if call.is_accepted]
        heard = accepted[which % len(accepted)]
        views = [view for view in self.model.views if view.id == heard.mail_id]
        mail = next(mail for mail in self.model.mails if mail.id == heard.mail_id)
        outbox_model.hear(self.model, heard, views[stale % len(views)] if views else self.model.find(mail))

    @invariant()
    def what_is_stored_is_what_happened(self) -> None:
        outbox_model.check(self.model, self.model.touched)


@pytest.mark.skipif(engines.dynamodb() is not None, reason="asks moto without HTTP")
@pytest.mark.usefixtures("tables")
def test_nobody_is_lost_or_mailed_twice_whatever_happens() -> None:
    profile = settings(
        max_examples=_EXAMPLES,
        stateful_step_count=25,
        suppress_health_check=list(HealthCheck),
    )
    with quick_moto.direct():
        run_state_machine_as_test(Outbox, settings=profile)  # type: ignore[no-untyped-call]
