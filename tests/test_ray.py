"""The engine of many machines, on a real Ray of this one: what comes out is what run writes."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.article import Article, Failure, read_articles
from extract.errors import UsageError
from extract.pipeline import Pipeline
from extract.readers import Intake
from extract.engine_ray import Settings, run_ray

ray_is_here = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A Ray of two cores and a small store, started here."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    ray.init(
        num_cpus=2,
        object_store_memory=150 << 20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield ray
    ray.shutdown()


def local(
    paths: list[str], intake: Intake = Intake(), settings: Settings = Settings()
) -> tuple[str, list[Failure]]:
    """The lines and failures of a run on this machine."""
    read = Pipeline(lexicon=settings.lexicon).read_article
    lines: list[str] = []
    failures: list[Failure] = []
    for found in read_articles(paths, intake=intake):
        if isinstance(found, Failure):
            failures.append(found)
            continue
        told = read(found)
        deals = tuple(one for one in told.deals if one.confidence >= settings.min_confidence)
        text = found.text if settings.with_text else None
        lines.append(told.model_copy(update={"deals": deals, "text": text}).model_dump_json())
    return "".join(f"{line}\n" for line in lines), failures
