"""What the script needs of the place it is played at: a running stack, or the product within one process."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bench.week.browser import Answer, Browser
from bench.week.letters import Letter
from bench.week.rows import Rows
from bench.week.script import Mailing

Job = Callable[[], object]


class Stage(Protocol):
    """`site` is what addresses in mails begin with; `staff` a browser in which somebody is signed in."""

    site: str
    staff: Browser

    def browser(self, agent: str) -> Browser:
        """Return a browser that was nowhere yet, at an address of its own."""

    def api(self, method: str, path: str, body: object = None) -> Answer:
        """Ask the API."""

    def crowd(self, company: str, addresses: Sequence[str]) -> None:
        """Make people, and wait until the lists know them."""

    def mail(self, mailing: Mailing, body: str, at_delivery: Callable[[Letter], object]) -> str:
        """Send a campaign, to its end or until it is stopped; return its id. `at_delivery` is called for each mail."""

    def letters(self, source: str) -> Sequence[Letter]:
        """Return the mails that SES accepted for a campaign or an event."""

    def rest(self, seconds: float) -> None:
        """Let time pass."""

    def at_once(self, jobs: Sequence[Job]) -> None:
        """Do all of these, in no order, side by side where that is possible."""

    def settle(self) -> None:
        """Wait until all that happened is told, and until pages and API show it."""

    def rows(self) -> Rows:
        """Read the tables."""

    def now(self) -> datetime:
        """Return the time."""

    def facts(self) -> Mapping[str, Any]:
        """Return what is worth saying of what went on behind the scenes."""
