"""A container's health check: `python -m crm_site.probe web|worker|beat|projector`. Exit status 1 means unwell."""

import os
import sys
import urllib.error
import urllib.request

_ANSWERS_WITHIN_S = 4


def main(part: str) -> str | None:
    """Ask one part; return what is wrong with it, None when nothing is.

    Raises:
        KeyError: there is no such part.
    """
    return _web() if part == "web" else _of_stack(part)


def _web() -> str | None:
    port = os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")[2]
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=_ANSWERS_WITHIN_S)
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError as error:
        return str(error)
    return None


def _of_stack(part: str) -> str | None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    from crm_site import health  # noqa: PLC0415  # needs settings, and costs more than the web process's check

    finding = health.examined(part, health.STACK[part])
    return None if finding["well"] else f"{part}: {finding['why']}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
