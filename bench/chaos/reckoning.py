"""What became of a campaign's people: our rows beside the simulator's ledger, neither of which knows the other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.chaos.crowd import address
from bench.chaos.rig import Sending
from bench.chaos.simulator import Call

FINAL = frozenset({"sent", "failed", "skipped", "cancelled", "held"})
# States in which SES may have the mail.
ACCEPTED_IN = frozenset({"sent", "sending", "unknown", "held"})
IN_DOUBT = frozenset({"sending", "unknown", "held"})


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The sums, and the addresses for which a promise was broken."""

    people: int
    matched: int | None
    states: Counter[str]
    calls: int
    accepted: int
    # Nobody's row tells what became of them.
    without_row: Sequence[str]
    # More than one row, or a row of somebody who was never asked for.
    surplus_rows: int
    # Address -> state, of those that are not final.
    open: Mapping[str, str]
    # SES accepted two calls.
    twice: Sequence[str]
    # Said to be sent, but SES accepted no call.
    never_accepted: Sequence[str]
    # SES accepted it, and the row says that it did not, or that it is still to be sent.
    denied: Sequence[str]
    # Nobody knows, and SES did or did not accept it.
    in_doubt: int
    in_doubt_accepted: int


def reckon(sending: Sending, company: str, people: int) -> Reckoning:
    """Compare all rows of a campaign, read consistently, with all calls for it."""
    # Where it is still being sent: what was accepted before the rows were read must be in them, and what they say was
    # sent must have been accepted by the time they were read.
    before = len(sending.calls())
    rows = sending.rows()
    wanted = [address(company, number) for number in range(people)]
    return compare(wanted, rows, sending.calls(), before, sending.campaign().get("matched"))


def compare(
    wanted: Sequence[str], rows: Sequence[Mapping[str, Any]], calls: Sequence[Call], before: int, matched: int | None
) -> Reckoning:
    """Do the sums. `rows` are delivery items: `email`, `state`; the first `before` calls are older than they are."""
    by_address = Counter(row["email"] for row in rows)
    state = {row["email"]: row["state"] for row in rows}
    accepted = Counter(call.to for call in calls if call.accepted)
    doubtful = [one for one, now in state.items() if now in IN_DOUBT]
    return Reckoning(
        people=len(wanted),
        matched=matched,
        states=Counter(row["state"] for row in rows),
        calls=len(calls),
        accepted=sum(accepted.values()),
        without_row=[one for one in wanted if one not in state],
        surplus_rows=sum(by_address.values()) - len(by_address.keys() & set(wanted)),
        open={one: now for one, now in state.items() if now not in FINAL},
        twice=[one for one, times in accepted.items() if times > 1],
        never_accepted=[one for one, now in state.items() if now == "sent" and not accepted[one]],
        denied=[call.to for call in calls[:before] if call.accepted and state.get(call.to) not in ACCEPTED_IN],
        in_doubt=len(doubtful),
        in_doubt_accepted=sum(1 for one in doubtful if accepted[one]),
    )
