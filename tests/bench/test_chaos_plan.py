"""What a chaos run does follows from its seed, and how fast mail went is counted in every window."""

import pytest

from bench.chaos import hurting, promises
from bench.chaos.memory import Sampler


def test_same_seed_kills_the_same_roles_at_the_same_shares() -> None:
    assert hurting.plan(50, seed=7) == hurting.plan(50, seed=7)
    assert hurting.plan(50, seed=7) != hurting.plan(50, seed=8)


def test_plan_meets_every_role_and_the_whole_campaign() -> None:
    hits = hurting.plan(200, seed=1)
    assert {hit.role for hit in hits} == set(hurting.ROLES)
    assert min(hit.share for hit in hits) < 0.1
    assert max(hit.share for hit in hits) > 0.9
    assert sum(hit.early_s is not None for hit in hits) == 20


def test_rate_is_counted_in_every_window() -> None:
    steady = [number / 40 for number in range(1_200)]
    assert promises.windows(steady) == pytest.approx([40.0] * 800, abs=0.1)
    burst = sorted([*steady, *[15.0] * 40])
    assert max(promises.windows(burst)) == pytest.approx(44.0, abs=0.1)
    assert promises.windows([0.0, 1.0]) == []


def test_memory_is_the_most_that_each_quarter_saw() -> None:
    sampler = Sampler(list)
    sampler.samples_mb = [20.0, 180.0, 30.0, 181.0, 25.0, 182.0, 183.0, 20.0]
    assert sampler.most_mb == 183.0
    assert [sampler.quarter_mb(number) for number in range(4)] == [180.0, 181.0, 182.0, 183.0]
