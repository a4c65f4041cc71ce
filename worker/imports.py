"""Going on with imports of people and with their undoing, one worker process at each."""

from collections.abc import Callable
from concurrent.futures import Executor

from crm.core import walks
from crm.core.walks import Walk
from crm.imports import repository, taking, undoing
from crm.imports.entities import UNDOING
from worker import turns
from worker.stopping import Stop


def run_open(pool: Executor, stop: Stop) -> int:
    """Go on with all imports that are not over until `stop` says so; return how many ended."""
    return walks.run_open({walks.IMPORT: _run(pool)}, stop)


def is_any_open() -> bool:
    """Tell whether there is anything to go on with."""
    return any(walk.kind == walks.IMPORT for walk in walks.open_walks())


def _run(pool: Executor) -> Callable[[Walk, Stop], bool]:
    def run(walk: Walk, stop: Stop) -> bool:
        with turns.take(f"import#{walk.subject_id}") as turn:
            if not turn.is_ours:
                return False
            found = repository.find(walk.subject_id)
            work = undoing.run if found is not None and found.state == UNDOING else taking.run
            return work(walk.subject_id, pool, turn.over(stop))

    return run
