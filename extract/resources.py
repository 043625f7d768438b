"""Where the data folders are. The only module that knows."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def seed_text(name: str) -> str:
    """The text of one file of ``seeds/``, UTF-8, line ends as ``\\n``."""
    return files("extract.seeds").joinpath(name).read_text(encoding="utf-8")


def model_bytes(name: str) -> bytes:
    """The content of one file of ``models/``."""
    return files("extract.models").joinpath(name).read_bytes()
