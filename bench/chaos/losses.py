"""Scenarios after which nobody may be lost or mailed twice: parts end, services fail, nothing happens at all."""

import signal
import time

from bench.chaos import hurting, reckoning
from bench.chaos import rig as rigs
from bench.chaos.options import DYNAMODB_FAULTS, Options
from bench.chaos.report import Report, account
from bench.chaos.rig import Rig, Sending
from bench.chaos.settling import settled
from bench.chaos.simulator import first_after

_COMPANY = "chaos"
_FLUSHES, _RESTARTS = 10, 10
_BEGUN_WITHIN_S = 300.0
# Nothing is waited for in doubt here: what is not over after this much longer than it has to take is stuck.
_CALM_S = 600.0
_SENDING_AGAIN_WITHIN_S = 40.0
_SETTLED_BY_EVENTS, _NEWS_WITHIN_S = 0.95, 15 * 60.0


def kills(options: Options) -> Report:
    """Processes are killed (SIGKILL) while DynamoDB refuses, throttles and loses answers."""
    mails, number = options.sized(20_000), options.hits(200)
    report = Report(f"kills: {mails} mails, {number} SIGKILLs, DynamoDB {DYNAMODB_FAULTS}, seed {options.seed}")
    with rigs.start(options.folder, options.rate, options.seed) as rig:
        sending = _begin(rig, mails)
        rig.suffer(DYNAMODB_FAULTS)
        hits = hurting.plan(number, options.seed)
        hurt = hurting.inflict(rig, hits, hurting.called(rig, mails), signal.SIGKILL)
        _end(report, sending, mails, hurt.last, options)
        report.notes.append(f"killed: {dict(hurt.counts)}; DynamoDB: {dict(rig.proxy.counts if rig.proxy else {})}")
    return report


def terms(options: Options) -> Report:
    """Processes are told to end (SIGTERM); then all of `make run` is stopped and started, again and again."""
    mails, number = options.sized(20_000), options.hits(200)
    report = Report(f"terms: {mails} mails, {number} SIGTERMs, {_RESTARTS} restarts of make run, seed {options.seed}")
    with rigs.start(options.folder, options.rate, options.seed, own_emulator=True) as rig:
        # Without events nothing that is unknown could become known: each one would show.
        sending = _begin(rig, mails, lose_events=1.0)
        progress = hurting.called(rig, mails)
        hurt = hurting.inflict(rig, hurting.plan(number, options.seed, until=0.5), progress, signal.SIGTERM)
        for restart in range(_RESTARTS):
            hurting.wait_for_share(progress, 0.5 + restart * 0.5 / _RESTARTS)
            rig.stack.stop()
            rig.stack.start()
        found = _end(report, sending, mails, time.monotonic(), options)
        report.add("unknown or held", "0", found.in_doubt, is_kept=not found.in_doubt)
        report.notes.append(f"told to end: {dict(hurt.counts)}")
    return report


def plain(options: Options) -> Report:
    """Nothing happens."""
    mails = options.sized(100_000)
    report = Report(f"plain: {mails} mails, no faults, seed {options.seed}")
    with rigs.start(options.folder, options.rate, options.seed, own_emulator=True) as rig:
        sending, began = _begin(rig, mails), time.monotonic()
        found = _end(report, sending, mails, began, options, within_s=_CALM_S + mails / 5)
        report.add("unknown or held", "0", found.in_doubt, is_kept=not found.in_doubt)
        same = found.calls == found.accepted == found.states["sent"]
        report.add("ledger = rows", str(mails), f"{found.calls} calls, {found.states['sent']} sent", is_kept=same)
        report.notes.append(f"{mails / (time.monotonic() - began):.0f} mails a second, all in all")
    return report


def dropped(options: Options) -> Report:
    """SES accepts two mails in a hundred and its answer never comes; its events tell."""
    mails, share = options.sized(10_000), 0.02
    report = Report(f"dropped: {mails} mails, {share:.0%} of SES's answers dropped, events on, seed {options.seed}")
    with rigs.start(options.folder, options.rate, options.seed) as rig:
        sending, began = _begin(rig, mails, drop_answer=share, seed=options.seed), time.monotonic()
        found = _end(report, sending, mails, began, options, within_s=_NEWS_WITHIN_S + _CALM_S + mails / 5)
        lost = {call.to for call in rig.simulator.of_campaign(sending.id) if call.accepted and not call.answered}
        told = {row["email"] for row in sending.rows() if row["state"] == "sent"} & lost
        settled_share = len(told) / max(1, len(lost))
        report.add(
            "answers dropped, settled by events",
            f"≥ {_SETTLED_BY_EVENTS:.0%}",
            f"{len(told)} of {len(lost)} ({settled_share:.1%})",
            is_kept=bool(lost) and settled_share >= _SETTLED_BY_EVENTS,
        )
        report.notes.append(f"the others are listed: {found.in_doubt}")
    return report


def redis(options: Options) -> Report:
    """Redis is emptied again and again, then away for minutes."""
    mails = options.sized(20_000)
    scenario = f"redis: {mails} mails, flushed {_FLUSHES} times, away for {options.away_s:.0f} s, seed {options.seed}"
    report = Report(scenario)
    # So slow that there is something left to send when Redis is back.
    with rigs.start(options.folder, min(options.rate, mails / 60), options.seed) as rig:
        sending = _begin(rig, mails)
        progress = hurting.called(rig, mails)
        # What is measured is how sending recovers, so it must have begun.
        hurting.wait_for_share(progress, 0.01, _BEGUN_WITHIN_S)
        for flush in range(_FLUSHES):
            hurting.wait_for_share(progress, flush * 0.4 / _FLUSHES)
            hurting.flush(rig)
        back = hurting.without_redis(rig, options.away_s)
        _sending_again(report, sending, back)
        _end(report, sending, mails, time.monotonic(), options)
    return report


def _sending_again(report: Report, sending: Sending, back: float) -> None:
    call = first_after(sending.rig.simulator, sending.id, back, 2 * _SENDING_AGAIN_WITHIN_S)
    taken = "never" if call is None else f"after {call.began - back:.1f} s"
    is_kept = call is not None and call.began - back <= _SENDING_AGAIN_WITHIN_S
    report.add("sending again once Redis is back", f"≤ {_SENDING_AGAIN_WITHIN_S:.0f} s", taken, is_kept=is_kept)


def _begin(rig: Rig, mails: int, **faults: object) -> Sending:
    rig.crowd(_COMPANY, mails)
    rig.simulator.faults(**faults)
    return rig.send(_COMPANY)


def _end(
    report: Report, sending: Sending, mails: int, since: float, options: Options, *, within_s: float | None = None
) -> reckoning.Reckoning:
    """Wait for the end, let everything be as it should, and count."""
    limit = options.settle_s if within_s is None else within_s
    taken = settled(sending, since, limit, options.may_be_open)
    sending.rig.suffer()
    found = reckoning.reckon(sending, _COMPANY, mails)
    account(report, found, may_be_open=options.may_be_open)
    what = "all final or in doubt" if options.may_be_open else "all final"
    shown = "not yet" if taken is None else f"{taken:.0f} s"
    report.add(f"{what}, from the last blow", f"≤ {limit:.0f} s", shown, is_kept=taken is not None)
    return found
