"""What the simulator is told at its start, by arguments and by the environment."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_RATE = 200.0
DEFAULT_TOPIC = "arn:aws:sns:us-east-1:000000000000:ses-events"
# In the data folder: what the product checks signatures by.
CERTIFICATE = "certificate.pem"


@dataclass(frozen=True, slots=True)
class Settings:
    """`events_url` is empty where nobody wants to hear of events; `site` is the address that links in mails begin with.

    `max_send_rate` is in mails a second.
    """

    host: str
    port: int
    data: Path
    max_send_rate: float
    engages: bool
    events_url: str
    topic: str
    site: str


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        ValueError: SES_SIMULATOR_RATE is no number above 0.
    """
    parser = ArgumentParser(prog="python -m devstack.ses_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    rate = float(environment.get("SES_SIMULATOR_RATE") or DEFAULT_RATE)
    if not 0 < rate < float("inf"):
        raise ValueError("SES_SIMULATOR_RATE must be a number of mails a second, above 0")
    return Settings(
        host=chosen.host,
        port=chosen.port,
        data=chosen.data,
        max_send_rate=rate,
        engages=(environment.get("SES_SIMULATOR_ENGAGE") or "1").lower() in {"1", "true", "yes"},
        events_url=environment.get("SES_EVENTS_URL", ""),
        topic=(environment.get("SES_TOPICS", "").replace(",", " ").split() or [DEFAULT_TOPIC])[0],
        site=(environment.get("PUBLIC_URL") or f"http://localhost:{environment.get('PORT') or '8000'}").rstrip("/"),
    )
