"""zhdeals: Chinese tech news to deal records, every value traceable to the words it came from.

The whole is ``Pipeline``. Its recognisers also stand alone: amounts and other quantities
(``find_quantities``, ``find_money``, ``parse_quantity``, ``parse_money``, ``to_usd``) and dates
(``find_dates``, ``parse_date``); find searches a text, parse reads a string that is nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extract.amounts import (
        Quantity,
        find_money,
        find_quantities,
        parse_money,
        parse_quantity,
    )
    from extract.article import Article
    from extract.components import load
    from extract.conversion import Dollars, to_usd
    from extract.dates import DateMention, find_dates, parse_date
    from extract.pipeline import Pipeline
    from extract.records import ArticleDeals, DealRecord

    __version__: str

__all__ = [
    "Article",
    "ArticleDeals",
    "DateMention",
    "DealRecord",
    "Dollars",
    "Pipeline",
    "Quantity",
    "__version__",
    "find_dates",
    "find_money",
    "find_quantities",
    "load",
    "parse_date",
    "parse_money",
    "parse_quantity",
    "to_usd",
]

_HOMES = {
    "Article": "article",
    "ArticleDeals": "records",
    "DateMention": "dates",
    "DealRecord": "records",
    "Dollars": "conversion",
    "Pipeline": "pipeline",
    "Quantity": "amounts",
    "find_dates": "dates",
    "find_money": "amounts",
    "find_quantities": "amounts",
    "load": "components",
    "parse_date": "dates",
    "parse_money": "amounts",
    "parse_quantity": "amounts",
    "to_usd": "conversion",
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
