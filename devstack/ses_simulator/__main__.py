"""`python -m devstack.ses_simulator --port 4566 --data var/ses`: serve until told to stop."""

import logging
import os
import sys

from aiohttp import web

from devstack.ses_simulator import application, settings

# Handlers that still hang on request do not hold up a stop.
_STOPS_WITHIN_S = 1.0


def main() -> None:
    """Serve; SIGTERM and SIGINT stop it."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        chosen = settings.read(sys.argv[1:], os.environ)
    except ValueError as error:
        sys.exit(str(error))
    web.run_app(
        application.of(chosen),
        host=chosen.host,
        port=chosen.port,
        shutdown_timeout=_STOPS_WITHIN_S,
        access_log=None,
        print=lambda *_: None,
        reuse_address=True,
    )


if __name__ == "__main__":
    main()
