"""The measure of the benches that count CPU."""

import resource


def cpu_s() -> float:
    """Return the CPU seconds this process has had, user and system, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
