"""gunicorn's settings, under `make run` and in the container alike: `gunicorn -c python:crm_site.gunicorn_conf`."""

import gc
import os

from django.conf import settings
from gunicorn.arbiter import Arbiter

# What the web process listens on. Demo mode answers without tokens, so it must not leave this machine.
bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
worker_class = "gthread"
# Loaded once and then forked: the workers share what does not change.
preload_app = True
# The most gunicorn takes. A filter travels in the address, and one of many values makes a long one.
limit_request_line = 8190
timeout = 30
graceful_timeout = 5
keepalive = 5
# Two stacks on one machine would share the control socket's default path.
control_socket_disable = True


def on_starting(server: Arbiter) -> None:
    """Refuse to open the demo to the network, unless DEMO_ALLOW_BIND=1 vouches for what is published."""
    from crm.core.api import demo  # noqa: PLC0415  # needs the loaded application

    hosts = [address[0] for address in server.cfg.address if isinstance(address, tuple)]
    exposed = [host for host in hosts if host != "localhost" and not demo.is_loopback(host)]
    if settings.DEMO and exposed and not settings.DEMO_ALLOW_BIND:
        raise SystemExit(f"DEMO=1 answers without tokens and refuses to listen on {exposed}. See DEMO_ALLOW_BIND.")


def when_ready(_server: Arbiter) -> None:
    """Build what is slow to build before the workers are forked, and keep the collector from copying it."""
    from crm.core import dynamo  # noqa: PLC0415  # needs the loaded application
    from crm_site import health  # noqa: PLC0415

    dynamo.warm_up()
    health.warm_up()
    gc.collect()
    gc.freeze()
