"""Scenarios about how soon and how fast: control, suppressions, the rate, confirmations, the expansion's memory."""

import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from bench.chaos import hurting, reckoning
from bench.chaos import rig as rigs
from bench.chaos.crowd import address
from bench.chaos.memory import Sampler
from bench.chaos.options import Options
from bench.chaos.report import Report, account
from bench.chaos.rig import Rig, Sending
from bench.chaos.settling import settled
from bench.chaos.simulator import Call
from tests.integration.stack import WORKER, eventually

_COMPANY = "chaos"
_OBEYED_WITHIN_S, _QUIET_S = 2.0, 6.0
_HONOURED_WITHIN_S = 1.0
_CONFIRMED_WITHIN_S = 5.0
_WINDOW_S, _LEAST, _MOST = 10, 0.9, 1.0
# The product uses nine tenths of what SES grants.
_SHARE = 0.9
_WORKER_MB = 300.0
# The second half of an expansion may need that much more than the second quarter: nothing grows with the audience.
_FLAT = 1.1


def control(options: Options) -> Report:
    """Pause, resume and cancel, with four processes that send."""
    mails = options.sized(6_000)
    report = Report(f"control: {mails} mails, 4 sending processes, seed {options.seed}")
    with rigs.start(options.folder, options.rate, options.seed) as rig, rigs.more_workers(rig, 1):
        rig.crowd(_COMPANY, mails)
        sending = rig.send(_COMPANY)
        progress = hurting.called(rig, mails)
        hurting.wait_for_share(progress, 0.2, 60)
        _obeyed(report, sending, "pause")
        resumed = sending.order("resume")
        hurting.wait_for_share(progress, 0.5, 60)
        again = next((call for call in sending.calls() if call.began > resumed), None)
        taken = "never" if again is None else f"after {again.began - resumed:.1f} s"
        report.add("sending again after resume", "yes", taken, is_kept=again is not None)
        _obeyed(report, sending, "cancel")
        settled(sending, time.monotonic(), options.settle_s, options.may_be_open)
        account(report, reckoning.reckon(sending, _COMPANY, mails), may_be_open=options.may_be_open)
    return report


def _obeyed(report: Report, sending: Sending, verb: str) -> None:
    told = sending.order(verb)
    time.sleep(_QUIET_S)
    later = [call.began - told for call in sending.calls() if call.began > told]
    shown = f"{max(later):.1f} s ({len(later)} calls)" if later else "none began later"
    is_kept = not later or max(later) <= _OBEYED_WITHIN_S
    report.add(f"last call after {verb} was confirmed", f"≤ {_OBEYED_WITHIN_S:.0f} s", shown, is_kept=is_kept)


def suppress(options: Options) -> Report:
    """Addresses are suppressed while their campaign is being sent."""
    mails, barred = options.sized(2_000), 20
    report = Report(f"suppress: {mails} mails, {barred} suppressions while sending, seed {options.seed}")
    with rigs.start(options.folder, min(options.rate, mails / 40), options.seed) as rig:
        rig.crowd(_COMPANY, mails)
        sending = rig.send(_COMPANY)
        hurting.wait_for_share(hurting.called(rig, mails), 0.1, 60)
        mailed = {call.to for call in sending.calls()}
        waiting = [one for one in (address(_COMPANY, n) for n in range(mails)) if one not in mailed]
        told = {one: _suppressed(rig, one) for one in waiting[:: max(1, len(waiting) // barred)]}
        settled(sending, time.monotonic(), options.settle_s, options.may_be_open)
        late = [c.to for c in sending.calls() if c.to in told and c.began > told[c.to] + _HONOURED_WITHIN_S]
        report.none_of(f"called for more than {_HONOURED_WITHIN_S:.0f} s after they were suppressed", late)
        found = reckoning.reckon(sending, _COMPANY, mails)
        account(report, found, may_be_open=options.may_be_open)
        skipped = found.states["skipped"]
        report.add("left out with the reason", "some", f"{skipped} of {len(told)}", is_kept=0 < skipped <= len(told))
    return report


def _suppressed(rig: Rig, email: str) -> float:
    answer = rig.ask("POST", "/suppressions", {"email": email})
    assert answer.status in {200, 201}, (answer.status, answer.body)
    return time.time()


def rate(options: Options) -> Report:
    """Four processes keep one rate together."""
    wanted = min(options.rate, 40.0)
    mails = options.sized(2_400)
    report = Report(f"rate: {mails} mails at {wanted:g}/s, 4 sending processes, seed {options.seed}")
    with rigs.start(options.folder, wanted / _SHARE, options.seed, own_emulator=True) as rig, rigs.more_workers(rig, 1):
        rig.crowd(_COMPANY, mails)
        sending, began = rig.send(_COMPANY), time.monotonic()
        settled(sending, began, options.settle_s, options.may_be_open)
        inside = windows(sorted(call.began for call in sending.calls()))
        shown = f"{min(inside):.1f} to {max(inside):.1f}/s in {len(inside)} windows" if inside else "too short"
        is_kept = bool(inside) and _LEAST * wanted <= min(inside) and max(inside) <= _MOST * wanted
        promised = f"{_LEAST * wanted:g} to {_MOST * wanted:g}/s"
        report.add(f"calls in every {_WINDOW_S} s", promised, shown, is_kept=is_kept)
        account(report, reckoning.reckon(sending, _COMPANY, mails), may_be_open=options.may_be_open)
    return report


def windows(moments: Sequence[float]) -> list[float]:
    """Return calls a second in each window that begins with a call and ends before the last one."""
    found: list[float] = []
    after = 0
    for first, moment in enumerate(moments):
        if moment + _WINDOW_S > moments[-1]:
            break
        while moments[after] < moment + _WINDOW_S:
            after += 1
        found.append((after - first) / _WINDOW_S)
    return found


def confirmation(options: Options) -> Report:
    """People register while a campaign is being sent, and while it is paused."""
    mails, guests = options.sized(20_000), 20
    report = Report(f"confirmation: {guests} made during a campaign of {mails} mails, 10 while it is paused")
    with rigs.start(options.folder, options.rate, options.seed) as rig:
        rig.crowd(_COMPANY, mails)
        rig.crowd("guests", guests + 10)
        sending = rig.send(_COMPANY)
        hurting.wait_for_share(hurting.called(rig, mails), 0.02, 60)
        event, numbers = _event(rig), count()
        busy = [_confirmed_after(rig, event, address("guests", next(numbers))) for _ in range(guests)]
        is_sending = sending.campaign()["state"] == "sending"
        report.add("the campaign was still being sent", "yes", "yes" if is_sending else "no", is_kept=is_sending)
        _soon(report, "confirmations during the campaign", busy)
        sending.order("pause")
        _soon(
            report,
            "while it is paused",
            [_confirmed_after(rig, event, address("guests", n)) for n in range(guests, guests + 10)],
        )
        sending.order("cancel")
        settled(sending, time.monotonic(), options.settle_s, options.may_be_open)
        account(report, reckoning.reckon(sending, _COMPANY, mails), may_be_open=options.may_be_open)
    return report


def _soon(report: Report, what: str, taken: Sequence[float]) -> None:
    shown = f"{max(taken):.1f} s at most, {sum(taken) / len(taken):.1f} s on average"
    report.add(what, f"≤ {_CONFIRMED_WITHIN_S:.0f} s", shown, is_kept=max(taken) <= _CONFIRMED_WITHIN_S)


def _event(rig: Rig) -> str:
    owner = rig.ask("GET", f"/users/filter?email={address('guests', 0)}&limit=1").json["items"][0]["id"]
    begins = datetime.now(UTC) + timedelta(days=9)
    ends = begins + timedelta(hours=2)
    body = {"title": "Chaos", "startAt": begins.isoformat(), "endAt": ends.isoformat(), "owner": owner}
    return str(rig.ask("POST", "/events", body).json["id"])


def _confirmed_after(rig: Rig, event: str, email: str) -> float:
    """Register somebody; return the seconds from the answer to SES's acceptance of the confirmation."""
    person = rig.ask("GET", f"/users/filter?email={email}&limit=1").json["items"][0]["id"]
    seen = rig.simulator.summary()["calls"]
    rig.ask("POST", f"/events/{event}/register", {"user_id": person})
    answered = time.time()

    def accepted() -> Call | None:
        return next((call for call in rig.simulator.calls(seen) if call.to == email and call.accepted), None)

    call = eventually(accepted, 60)
    return float("inf") if call is None else max(0.0, call.at - answered)


def expansion(options: Options) -> Report:
    """A large audience becomes rows while workers are killed; nothing is sent."""
    people, number = options.sized(200_000), options.hits(50)
    report = Report(f"expansion: {people} recipients, {number} SIGKILLs of workers, seed {options.seed}")
    # So slow a rate that the rows can be counted before they are sent.
    with rigs.start(options.folder, 1.0, options.seed) as rig:
        rig.crowd(_COMPANY, people)
        with Sampler(lambda: rig.stack.processes(WORKER)) as sampler:
            sending = rig.send(_COMPANY)
            roles = {"worker child": 3, "worker": 1}
            hits = hurting.plan(number, options.seed, roles)
            hurting.inflict(rig, hits, lambda: _expanded(sending, people), signal.SIGKILL)
            done = eventually(lambda: sending.campaign()["state"] not in {"freezing", "expanding"}, options.settle_s)
        report.add("expanded", "yes", "yes" if done else "no", is_kept=bool(done))
        rows = sending.rows()
        states = {row["email"] for row in rows}
        exact = len(rows) == len(states) == people
        report.add("rows, each for another person", str(people), f"{len(rows)}, {len(states)}", is_kept=exact)
        _memory(report, sampler)
    return report


def _expanded(sending: Sending, people: int) -> float:
    campaign = sending.campaign()
    if campaign["state"] not in {"freezing", "expanding"}:
        return 1.0
    return float(campaign.get("next_chunk", 0) * 5_000 + campaign.get("next_row", 0)) / people


def _memory(report: Report, sampler: Sampler) -> None:
    most, second, last = sampler.most_mb, sampler.quarter_mb(1), sampler.quarter_mb(3)
    report.add("worker's memory (PSS)", f"< {_WORKER_MB:.0f} MB", f"{most:.0f} MB at most", is_kept=most < _WORKER_MB)
    is_flat = last <= second * _FLAT
    shown = f"{second:.0f} MB at most in the second quarter of the time, {last:.0f} MB in the last"
    report.add("flat as the audience grows", f"≤ {_FLAT:.0%} of the second quarter", shown, is_kept=is_flat)
