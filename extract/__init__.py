"""zhdeals: Chinese tech news to deal records, every value traceable to the words it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extract.article import Article
    from extract.components import load
    from extract.pipeline import Pipeline
    from extract.records import ArticleDeals, DealRecord

    __version__: str

__all__ = ["Article", "ArticleDeals", "DealRecord", "Pipeline", "__version__", "load"]

_HOMES = {
    "Article": "article",
    "ArticleDeals": "records",
    "DealRecord": "records",
    "Pipeline": "pipeline",
    "load": "components",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first asked for, so that the command starts fast."""
    if name == "__version__":
        from importlib.metadata import version

        return version("zhdeals")
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"extract.{_HOMES[name]}"), name)
