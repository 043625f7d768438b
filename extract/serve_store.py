"""What the service keeps: records in a file of JSON Lines or a database, gold in JSON Lines.

The store is the only state there is. It is asked for a page of deals at a time.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from pydantic import Field, ValidationError

from extract.batch import whole_file
from extract.errors import UsageError
from extract.gold import GoldArticle, whole_numbers
from extract.lexicon import key
from extract.records import (
    ArticleDeals,
    Cite,
    DealRecord,
    DealType,
    Frozen,
    Money,
    Party,
    Status,
)

_MOST: Final = 500


class Query(Frozen):
    """Which deals are asked for; what is None is not looked at.

    ``party`` is an id or a part of any name, ``since`` and ``until`` are ISO dates that the deal's own
    date, else that of its article, must lie between.
    """

    party: str | None = Field(default=None, max_length=200)
    type: DealType | None = None
    status: Status | None = None
    since: str | None = Field(default=None, pattern=r"^\d{4}(-\d\d){0,2}$")
    until: str | None = Field(default=None, pattern=r"^\d{4}(-\d\d){0,2}$")
    limit: int = Field(default=100, ge=1, le=_MOST)
    offset: int = Field(default=0, ge=0, le=10**9)


class StoredDeal(Frozen):
    """A deal with the article that tells it."""

    article_id: str
    title: str | None = None
    published: str | None = None
    deal: DealRecord


class Found(Frozen):
    """A page of deals, the newest first, and how many fit in all."""

    total: int
    deals: tuple[StoredDeal, ...]


class DealStore(Protocol):
    """What keeps records."""

    def find(self, query: Query) -> Found:
        """The deals that are asked for."""

    def save(self, found: ArticleDeals) -> None:
        """Keep an article; one of the same id is replaced."""

    def count(self) -> int:
        """How many deals there are."""

    def close(self) -> None:
        """Let go of the file."""


def open_deals(path: str) -> DealStore:
    """A store by its path: ``.jsonl`` is JSON Lines, all else SQLite or the URL of a database."""
    if Path(path).suffix in {".jsonl", ".ndjson"}:
        return LineStore(Path(path))
    return SqlStore(path)


# --- JSON Lines --------------------------------------------------------------------------------


class LineStore:
    """Records in a file of JSON Lines, which are held in memory; what is saved is appended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._articles: dict[str, ArticleDeals] = {}
        for number, line in enumerate(_lines(path), 1):
            if line.strip():
                article = _parsed(line, path, number)
                self._articles[article.article_id] = article

    def find(self, query: Query) -> Found:
        """The deals that are asked for."""
        with self._lock:
            articles = list(self._articles.values())
        fitting = [
            StoredDeal(
                article_id=article.article_id,
                title=article.title,
                published=article.published,
                deal=deal,
            )
            for article in articles
            for deal in article.deals
            if _fits(article, deal, query)
        ]
        fitting.sort(key=lambda stored: (stored.article_id, stored.deal.id))
        fitting.sort(key=lambda stored: _day(stored.deal, stored.published), reverse=True)
        page = fitting[query.offset : query.offset + query.limit]
        return Found(total=len(fitting), deals=tuple(page))

    def save(self, found: ArticleDeals) -> None:
        """Append the article's line."""
        with self._lock, self._path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(found.model_dump_json() + "\n")
            self._articles[found.article_id] = found

    def count(self) -> int:
        """How many deals there are."""
        with self._lock:
            return sum(len(article.deals) for article in self._articles.values())

    def close(self) -> None:
        """Nothing is open between two requests."""


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8", file=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=str(path)) from error


def _parsed(line: str, path: Path, number: int) -> ArticleDeals:
    try:
        return ArticleDeals.model_validate_json(line)
    except ValidationError as error:
        raise UsageError("is no line of output of run", file=f"{path}:{number}") from error


def _day(deal: DealRecord, published: str | None) -> str:
    return deal.date or published or ""


def _fits(article: ArticleDeals, deal: DealRecord, query: Query) -> bool:
    if query.type not in (None, deal.type) or query.status not in (None, deal.status):
        return False
    day = _day(deal, article.published)
    if query.since and day < query.since:
        return False
    if query.until and (not day or day[: len(query.until)] > query.until):
        return False
    return query.party is None or _names(deal, key(query.party))


def _names(deal: DealRecord, wanted: str) -> bool:
    parties = (*deal.investor, *deal.target)
    return any(
        party.id == wanted or any(wanted in key(name) for name in (party.name, *party.names))
        for party in parties
    )


# --- databases ---------------------------------------------------------------------------------

Key = tuple[str, int]


class SqlStore:
    """Records in the tables of ``zhdeals export --to sql``."""

    def __init__(self, path: str) -> None:
        try:
            from extract import store
        except ImportError as error:
            raise UsageError("a database needs the extra: pip install 'zhdeals[sql]'") from error
        self._tables = store
        self._engine = store.connect(store.database_url(path))
        try:
            with self._engine.begin() as connection:
                store.migrate(connection)
        except UsageError as error:
            raise UsageError(error.message, file=path) from error
        except Exception as error:  # of the driver, which is none of ours
            raise UsageError("cannot be opened as a database", file=path) from error

    def find(self, query: Query) -> Found:
        """The deals that are asked for."""
        from sqlalchemy import func, select

        deals, articles = self._tables.DEALS.c, self._tables.ARTICLES.c
        joined = self._tables.DEALS.join(self._tables.ARTICLES)
        day = func.coalesce(deals.date, articles.published, "")
        wanted = self._conditions(query, day)
        rows = (
            select(*deals, articles.title, articles.published)
            .select_from(joined)
            .where(*wanted)
            .order_by(day.desc(), deals.article_id, deals.deal_no)
            .limit(query.limit)
            .offset(query.offset)
        )
        with self._engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(joined).where(*wanted))
            found = [dict(row._mapping) for row in connection.execute(rows)]
            parts = self._parts(connection, {row["article_id"] for row in found})
            return Found(
                total=int(total.scalar_one()), deals=tuple(_stored(row, parts) for row in found)
            )

    def _conditions(self, query: Query, day: Any) -> list[Any]:
        from sqlalchemy import exists, func, or_

        deals, parties = self._tables.DEALS.c, self._tables.PARTIES.c
        wanted = [
            column == value
            for column, value in ((deals.type, query.type), (deals.status, query.status))
            if value is not None
        ]
        if query.since:
            wanted.append(day >= query.since)
        if query.until:
            wanted += [day != "", func.substr(day, 1, len(query.until)) <= query.until]
        if query.party is not None:
            named = func.lower(parties.names).contains(query.party.lower(), autoescape=True)
            mine = (parties.article_id == deals.article_id) & (parties.deal_no == deals.deal_no)
            wanted.append(exists().where(mine, or_(parties.party_id == query.party, named)))
        return wanted

    def _parts(self, connection: Any, ids: Iterable[str]) -> dict[str, dict[Key, list[Any]]]:
        """The rows that hang on the deals of some articles, by table and deal."""
        from sqlalchemy import select

        wanted = sorted(ids)
        found: dict[str, dict[Key, list[Any]]] = {}
        for table in self._tables.TABLES[2:]:
            rows: dict[Key, list[Any]] = defaultdict(list)
            where = table.c.article_id.in_(wanted)
            ordered = select(table).where(where).order_by(*table.primary_key.columns)
            for row in connection.execute(ordered):
                rows[row.article_id, row.deal_no].append(row)
            found[table.name] = rows
        return found

    def save(self, found: ArticleDeals) -> None:
        """Write the article in a transaction of its own."""
        store = self._tables.Store(self._engine)
        store.write(found)
        store.flush()

    def count(self) -> int:
        """How many deals there are."""
        from sqlalchemy import func, select

        with self._engine.connect() as connection:
            counted = connection.execute(select(func.count()).select_from(self._tables.DEALS))
            return int(counted.scalar_one())

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _stored(row: Mapping[str, Any], parts: Mapping[str, Mapping[Key, list[Any]]]) -> StoredDeal:
    place = (row["article_id"], row["deal_no"])
    own = {name: rows.get(place, []) for name, rows in parts.items()}
    return StoredDeal(
        article_id=row["article_id"],
        title=row["title"],
        published=row["published"],
        deal=_record(row, own),
    )


def _record(row: Mapping[str, Any], parts: Mapping[str, list[Any]]) -> DealRecord:
    """A record from its rows, as it was before it was stored."""
    cites: dict[tuple[str, int], list[Cite]] = defaultdict(list)
    for cite in parts["evidence"]:
        cites[cite.field, cite.item].append(_cite(cite))
    amount = _money("amount", row, cites)
    valuation = _money("valuation", row, cites)
    own = {"investor", "target", "hardware", "condition"}
    plain = {field: tuple(told) for (field, _), told in cites.items() if field not in own and told}
    texts = {name: tuple(json.loads(row[name])) for name in ("rules", "reasons", "warnings")}
    kept = ("type", "stake", "round", "status", "date", "evidence", "confidence")
    return DealRecord.model_validate(
        {
            **{name: row[name] for name in kept},
            **texts,
            "id": row["deal_id"],
            "investor": _parties("investor", parts, cites),
            "target": _parties("target", parts, cites),
            "amount": amount,
            "valuation": valuation,
            "conditions": [{"kind": c.kind, **_span(c)} for c in parts["conditions"]],
            "hardware": [
                {
                    "name": item.name,
                    "vendor": item.vendor,
                    "quantity": item.quantity,
                    "id": item.hardware_id,
                    "mentions": cites["hardware", item.position],
                }
                for item in parts["hardware"]
            ],
            "sources": plain,
        }
    )


def _span(row: Any) -> dict[str, Any]:
    return {"start": row.start_offset, "end": row.end_offset, "text": row.text}


def _cite(row: Any) -> Cite:
    return Cite.model_validate(_span(row))


def _money(
    field: str, row: Mapping[str, Any], cites: dict[tuple[str, int], list[Cite]]
) -> Money | None:
    """The amount, whose own citation is the last of its field."""
    if row[f"{field}_currency"] is None:
        return None
    place = cites[field, 0].pop()
    parts = ("min", "max", "currency", "modifier", "inferred", "text")
    told = {part: row[f"{field}_{part}"] for part in parts}
    return Money(start=place.start, end=place.end, **told)


def _parties(
    side: str, parts: Mapping[str, list[Any]], cites: Mapping[tuple[str, int], Sequence[Cite]]
) -> Iterator[Party]:
    for row in parts["parties"]:
        if row.side == side:
            yield Party(
                name=row.name,
                role=row.role,
                names=tuple(json.loads(row.names)),
                id=row.party_id,
                mentions=tuple(cites[side, row.position]),
            )


# --- gold --------------------------------------------------------------------------------------


def gold_line(article: GoldArticle) -> str:
    """The line of an article that was corrected, as gold files have it."""
    told = article.model_dump(mode="json")
    kept = {name: told[name] for name in ("article_id", "title", "published", "text", "deals")}
    return json.dumps(whole_numbers(kept), ensure_ascii=False)


class GoldFile:
    """Corrected articles in JSON Lines, one line for each; the file is replaced whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def save(self, article_id: str, line: str) -> None:
        """Put the article's line in, in the place of the one it had."""
        with self._lock:
            kept = [old for old in _lines(self.path) if old.strip()]
            places = [n for n, old in enumerate(kept) if _id_of(old) == article_id]
            if places:
                kept[places[0]] = line
            else:
                kept.append(line)
            try:
                with whole_file(self.path) as stream:
                    stream.write("\n".join(kept) + "\n")
            except OSError as error:
                raise UsageError(
                    f"cannot be written: {error.strerror}", file=str(self.path)
                ) from error


def _id_of(line: str) -> object:
    with suppress(ValueError, AttributeError):
        return json.loads(line).get("article_id")
    return None
