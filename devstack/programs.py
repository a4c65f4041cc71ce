"""The programs of a stack and supervisor's configuration of them.

Supervisor starts by rising and stops by falling priority, one after the other, so the order of stopping is here:
beat, web, worker, projector, Valkey, SES simulator, emulator.
"""

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from devstack.plan import LOOPBACK, ROOT, Plan

EMULATOR = "emulator"
_BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Program:
    """`grace` is the seconds a program has to end by itself once told to."""

    name: str
    command: list[str]
    priority: int
    grace: int
    environment: dict[str, str] = field(default_factory=dict)


def of(plan: Plan) -> list[Program]:
    """List the programs that the plan asks for."""
    return servers(plan) + product(plan)


def servers(plan: Plan) -> list[Program]:
    """List the servers that the product needs and nobody else provides."""
    needed = []
    if plan.aws_port is not None:
        needed.append(_emulator(plan, plan.aws_port))
    if plan.ses_port is not None:
        needed.append(_ses_simulator(plan, plan.ses_port))
    if plan.redis_port is not None:
        needed.append(_valkey(plan, plan.redis_port))
    return needed


def _emulator(plan: Plan, port: int) -> Program:
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "SERVICES": "dynamodb,dynamodbstreams",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(plan.data_dir / "aws"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # It would look for containers of its own on the machine's Docker and remove them.
        "DOCKER_HOST": "unix:///nonexistent",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(plan.data_dir / "tmp"),
    }
    # It saves its state when told to stop, and only then: killing it loses data, so it gets all the time it needs. The
    # demo's takes it a second, that of a hundred thousand people and their mails more than a minute.
    return Program(EMULATOR, [sys.executable, "-m", "ministack"], 10, 900, environment)


def _ses_simulator(plan: Plan, port: int) -> Program:
    command = [
        sys.executable,
        "-m",
        "devstack.ses_simulator",
        "--port",
        str(port),
        "--data",
        str(plan.data_dir / "ses"),
    ]
    return Program("ses", command, 15, 5)


def _valkey(plan: Plan, port: int) -> Program:
    command = [sys.executable, "-m", "devstack.valkey", "--bind", LOOPBACK, "--port", str(port)]
    command += ["--appendonly", "yes", "--save", "", "--dir", str(plan.data_dir / "valkey")]
    return Program("valkey", command, 20, 3)


def product(plan: Plan) -> list[Program]:
    """List the product's own processes."""
    celery = str(_BIN / "celery")
    processes = plan.environment.get("SENDING_PROCESSES", "2")
    worker = [celery, "-A", "worker.app", "worker", "--concurrency", processes, "--loglevel", "INFO"]
    worker += ["--queues", "confirmations,campaigns,upkeep,imports", "--without-gossip", "--without-mingle"]
    beat = [celery, "--quiet", "beat", "--loglevel", "INFO", "--schedule", str(plan.data_dir / "run" / "schedule")]
    web = [str(_BIN / "gunicorn"), "--config", "python:crm_site.gunicorn_conf", "crm_site.wsgi"]
    return [
        Program("projector", [sys.executable, str(ROOT / "manage.py"), "run_projector"], 30, 8),
        Program("worker", worker, 40, 9),
        Program("web", web, 50, 6, environment={"BIND": f"{LOOPBACK}:{plan.port}"}),
        # Named by the environment, so that only the worker's command line says "worker".
        Program("beat", [*beat, "--pidfile="], 60, 2, environment={"APP": "worker.app"}),
    ]


def configuration(plan: Plan, socket_path: Path) -> str:
    """Write supervisor's configuration; `socket_path` is where it takes orders."""
    logs, run = plan.data_dir / "logs", plan.data_dir / "run"
    head = {
        "supervisord": {
            "nodaemon": "true",
            "silent": "true",
            "logfile": str(logs / "supervisord.log"),
            "logfile_maxbytes": "1MB",
            "logfile_backups": "1",
            "pidfile": str(run / "supervisord.pid"),
            "childlogdir": str(logs),
        },
        "unix_http_server": {"file": str(socket_path), "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
        },
    }
    sections = head | {f"program:{one.name}": _section(plan, one) for one in of(plan)}
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {value.replace('%', '%%')}" for key, value in section.items()), ""])
        for name, section in sections.items()
    )


def _section(plan: Plan, program: Program) -> dict[str, str]:
    become = [sys.executable, "-m", "devstack.program", str(plan.data_dir)]
    return {
        "command": shlex.join([*become, *program.command]),
        "directory": str(ROOT),
        "environment": ",".join(f'{key}="{value}"' for key, value in program.environment.items()),
        "priority": str(program.priority),
        # The runner starts servers and product one after the other; supervisor would take a second to begin.
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        # Each retry waits a second longer than the one before; giving up would leave the stack without a part.
        "startretries": "1000",
        "stopsignal": "TERM",
        "stopwaitsecs": str(program.grace),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(plan.data_dir / "logs" / f"{program.name}.log"),
        "stdout_logfile_maxbytes": "5MB",
        "stdout_logfile_backups": "1",
    }
