"""The Celery application is set as the design asks, and says that it is alive."""

import subprocess
import sys
from typing import Any

import pytest

from crm.core import heartbeats
from crm.deliveries import hints
from worker import app as celery_app
from worker import tasks


def test_started_worker_looks_for_what_a_killed_one_left(woken: list[str]) -> None:
    celery_app.look_for_work(sender=None)

    assert sorted(woken) == sorted(hints.QUEUES)


def test_settings_are_those_that_the_design_asks_for() -> None:
    conf = celery_app.app.conf

    asked: dict[str, Any] = {
        "task_ignore_result": True,
        "task_acks_late": False,
        "worker_disable_prefetch": True,
        "task_time_limit": 60,
        "worker_soft_shutdown_timeout": 20,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": 120,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "health_check_interval": 25,
        },
    }
    assert {name: conf[name] for name in asked} == asked
    assert {queue.name for queue in conf.task_queues} == set(hints.QUEUES)


def test_beat_asks_for_a_sweep_every_five_seconds_and_no_task_more() -> None:
    (entry,) = celery_app.app.conf.beat_schedule.values()

    assert (entry["task"], entry["schedule"]) == (tasks.sweep.name, 5.0)
    assert entry["options"]["queue"] in hints.QUEUES


def test_beat_loads_nothing_of_the_product_but_its_settings() -> None:
    begin = "from worker.app import app; app.loader.init_worker(); app.finalize()"
    judge = "import sys; sys.exit(any(name in sys.modules for name in ('boto3', 'pynamodb', 'crm.apps')))"
    code = f"{begin}; {judge}"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("say", "part"), [(celery_app.worker_is_alive, heartbeats.WORKER), (celery_app.beat_is_alive, heartbeats.BEAT)]
)
def test_signs_of_life_are_said_and_never_fail(say: Any, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def beat(one: str) -> None:
        said.append(one)
        raise heartbeats.redis.ConnectionError

    monkeypatch.setattr(heartbeats, "beat", beat)
    say(sender=None)

    assert said == [part]
