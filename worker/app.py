"""The Celery application: `celery -A worker.app worker` and `celery -A worker.app beat`.

Messages are hints. Any of them may be lost or doubled: tasks carry no data, and the sweep finds the work again.
"""

import gc
import logging
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

import django
from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    celeryd_init,
    heartbeat_sent,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings
from django.utils.log import configure_logging
from kombu import Queue

from crm.core import brief_redis, heartbeats
from crm.deliveries import hints
from worker import stopping

log = logging.getLogger(__name__)
SWEEP, SWEEP_EVERY_S = "sweep", 5.0

# Without Celery's care for Django: it would load all of Django into beat, and no task uses Django's database.
app = Celery("worker", broker=settings.REDIS_URL, fixups=[])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    task_time_limit=60,
    task_default_queue=hints.UPKEEP,
    task_queues=[Queue(name) for name in hints.QUEUES],
    worker_disable_prefetch=True,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=20,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 120,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "health_check_interval": 25,
    },
    # In memory: there is one entry, and it is due at once after a restart anyway.
    beat_scheduler="celery.beat.Scheduler",
    beat_max_loop_interval=SWEEP_EVERY_S,
    # No ETA: what is due when is written in DynamoDB. A sweep that waited through an outage is worth nothing.
    beat_schedule={
        SWEEP: {
            "task": SWEEP,
            "schedule": SWEEP_EVERY_S,
            "options": {"queue": hints.UPKEEP, "expires": SWEEP_EVERY_S * 2},
        }
    },
)


@setup_logging.connect
def log_as_django_does(**_: object) -> None:
    """Log as the other processes do, not as Celery would."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@celeryd_init.connect
def load_tasks(**_: object) -> None:
    """Load what the worker runs; beat only names it, and stays small."""
    # No task serves a page; the API's framework would cost 15 MB.
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "ninja"]
    django.setup()
    app.loader.import_task_module("worker.tasks")


@worker_init.connect
def warm_up(**_: object) -> None:
    """Build the clients before the children are forked: they share them, and no threads build them side by side.

    Connections are made on first use, so none is shared.
    """
    from crm.core import dynamo  # noqa: PLC0415 - beat must not load it
    from crm.deliveries import ses  # noqa: PLC0415
    from worker import outbox  # noqa: PLC0415

    dynamo.warm_up()
    ses.client()
    outbox.is_sender_usable(settings.MAIL_FROM)
    # Collections would write to, and so copy, every page that the children share.
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def watch_for_sigterm(**_: object) -> None:
    """Let each child end well even where a whole process group is told to stop."""
    stopping.finish_on_sigterm()


@worker_ready.connect
def look_for_work(**_: object) -> None:
    """Begin with what a killed worker left, without waiting for the next sweep."""
    for queue in hints.QUEUES:
        hints.wake(queue)


@worker_shutting_down.connect
def stop_drains(**_: object) -> None:
    """Tell the children: they are waited for, and would go on to the end of their time."""
    stopping.request()


@heartbeat_sent.connect
def worker_is_alive(**_: object) -> None:
    """Say so for /health/stack."""
    _say_alive(heartbeats.WORKER)


@beat_init.connect
def watch_beat(**_: object) -> None:
    """In beat's process every message published is a sign of life of beat's."""
    before_task_publish.connect(beat_is_alive)


def beat_is_alive(**_: object) -> None:
    """Say so for /health/stack."""
    _say_alive(heartbeats.BEAT)


def _say_alive(part: str) -> None:
    try:
        heartbeats.beat(part)
    except brief_redis.AWAY as error:
        log.warning("no sign of life from %s: Redis is away (%s)", part, type(error).__name__)
