"""Records in a SQL database: SQLite or PostgreSQL, the same tables and the same rows in both.

An article is known by its id, and its record by the hash of its content: what is there already is
left alone, what has changed is replaced with all that hangs on it, in one transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Dialect,
    Engine,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from extract.errors import ArticleError, UsageError
from extract.readers_open import needed
from extract.records import ArticleDeals, Cite, Condition, DealRecord, Hardware, Money, Party

Row = dict[str, Any]

# --- types -------------------------------------------------------------------------------------

_LARGEST_INTEGER: Final = 2**63 - 1


def plain_number(value: Decimal) -> int | float:
    """The number that both databases can hold: an integer of 64 bits, else a float.

    The records' numbers are what JSON can tell, so a float loses nothing.
    """
    if value == value.to_integral_value() and abs(value) <= _LARGEST_INTEGER:
        return int(value)
    return float(value)


class _AsItIs(UserDefinedType[Any]):
    """A NUMERIC column of SQLite that takes integers; SQLAlchemy's own makes floats of them."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """The type in a statement that creates a table."""
        return "NUMERIC"


class Number(TypeDecorator[Decimal]):
    """A Decimal: NUMERIC of any precision in PostgreSQL, an integer or a float in SQLite."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite gets a type of its own, which leaves the numbers as they are."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_AsItIs())
        return dialect.type_descriptor(Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """The value as the database takes it."""
        if value is None:
            return None
        number = plain_number(value)
        return number if dialect.name == "sqlite" else Decimal(str(number))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The value as the records have it."""
        return None if value is None else Decimal(str(value))


class Words(TypeDecorator[str]):
    """Text; PostgreSQL holds no NUL, so in both databases U+FFFD stands in its place."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text without NULs, as long as it was."""
        return None if value is None else value.replace("\0", "\ufffd")


# --- tables ------------------------------------------------------------------------------------

METADATA: Final = MetaData()


def _needed(name: str, kind: type[TypeEngine[Any]] = Words) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _money_columns(field: str) -> list[Column[Any]]:
    return [
        Column(f"{field}_min", Number),
        Column(f"{field}_max", Number),
        Column(f"{field}_currency", Words),
        Column(f"{field}_modifier", Words),
        Column(f"{field}_inferred", Boolean),
        Column(f"{field}_text", Words),
    ]


def _part(name: str, *columns: Column[Any], key: Sequence[str] = ("position",)) -> Table:
    """A table of what belongs to a deal; rows go when the deal goes."""
    deal = ("article_id", "deal_no")
    return Table(
        name,
        METADATA,
        _needed("article_id"),
        _needed("deal_no", Integer),
        *columns,
        PrimaryKeyConstraint(*deal, *key),
        ForeignKeyConstraint(deal, ["deals.article_id", "deals.deal_no"], ondelete="CASCADE"),
    )


ARTICLES: Final = Table(
    "articles",
    METADATA,
    Column("article_id", Words, primary_key=True),
    Column("title", Words),
    Column("published", Words),
    Column("source", Words),
    Column("text", Words),
    _needed("deal_count", Integer),
    _needed("content_hash"),
    Index("ix_articles_published", "published"),
)
DEALS: Final = Table(
    "deals",
    METADATA,
    _needed("article_id"),
    _needed("deal_no", Integer),
    _needed("deal_id"),
    _needed("type"),
    _needed("status"),
    Column("date", Words),
    *_money_columns("amount"),
    Column("stake", Number),
    *_money_columns("valuation"),
    Column("round", Words),
    _needed("evidence"),
    _needed("confidence", Float),
    _needed("rules"),
    _needed("reasons"),
    _needed("warnings"),
    PrimaryKeyConstraint("article_id", "deal_no"),
    ForeignKeyConstraint(["article_id"], ["articles.article_id"], ondelete="CASCADE"),
    Index("ix_deals_deal_id", "deal_id"),
    Index("ix_deals_type_status", "type", "status"),
    Index("ix_deals_date", "date"),
    Index("ix_deals_amount", "amount_currency", "amount_max"),
)
PARTIES: Final = _part(
    "parties",
    _needed("side"),
    _needed("position", Integer),
    _needed("role"),
    _needed("name"),
    _needed("party_id"),
    _needed("names"),
    key=("side", "position"),
)
CONDITIONS: Final = _part(
    "conditions",
    _needed("position", Integer),
    _needed("kind"),
    _needed("text"),
    _needed("start_offset", Integer),
    _needed("end_offset", Integer),
)
HARDWARE: Final = _part(
    "hardware",
    _needed("position", Integer),
    _needed("name"),
    Column("vendor", Words),
    Column("quantity", Words),
    Column("hardware_id", Words),
)
EVIDENCE: Final = _part(
    "evidence",
    _needed("field"),
    _needed("item", Integer),
    _needed("position", Integer),
    _needed("start_offset", Integer),
    _needed("end_offset", Integer),
    _needed("text"),
    key=("field", "item", "position"),
)
Index("ix_parties_party_id", PARTIES.c.party_id, PARTIES.c.side)
Index("ix_parties_name", PARTIES.c.name)
Index("ix_conditions_kind", CONDITIONS.c.kind)
Index("ix_hardware_hardware_id", HARDWARE.c.hardware_id)
SCHEMA_VERSION: Final = Table(
    "schema_version", METADATA, Column("version", Integer, primary_key=True)
)
TABLES: Final = (ARTICLES, DEALS, PARTIES, CONDITIONS, HARDWARE, EVIDENCE)
"""The tables, each after those it refers to."""

# --- migrations --------------------------------------------------------------------------------

Step = Callable[[Connection], object]

VERSION: Final = 1
"""The version of the tables above."""

STEPS: Final[Mapping[int, Step]] = {}
"""What brings a database from the version before to that number.

A change of the tables raises VERSION and adds the step that makes the old tables the new ones;
new databases get the tables as they stand above.
"""

# Any number that means this program: two that open a new database at once must not both create it.
_LOCK: Final = 7_461_011


def migrate(
    connection: Connection, *, version: int = VERSION, steps: Mapping[int, Step] = STEPS
) -> None:
    """Create the tables, or bring those of an older version up to this one, in one transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = _version(connection)
    if found is None:
        METADATA.create_all(connection)
        connection.execute(insert(SCHEMA_VERSION).values(version=version))
        return
    if found > version:
        raise UsageError(f"the database has version {found}, this program knows {version}")
    for number in range(found + 1, version + 1):
        steps[number](connection)
    connection.execute(SCHEMA_VERSION.update().values(version=version))


def _version(connection: Connection) -> int | None:
    """The version of the tables; None where there are none."""
    names = set(inspect(connection).get_table_names())
    if SCHEMA_VERSION.name in names:
        return int(connection.execute(select(SCHEMA_VERSION.c.version)).scalar_one())
    if taken := sorted(names & set(METADATA.tables)):
        raise UsageError(f"the database has a table {taken[0]!r} that is not of this program")
    return None


# --- the store ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the articles: new, changed since they were stored, or still the same."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.new + other.new, self.replaced + other.replaced, self.unchanged + other.unchanged
        )


class Store:
    """Writes articles in batches, each a transaction: what is committed is whole.

    ``changes`` counts what is committed. Of two articles with one id the later one stays.
    """

    def __init__(
        self, engine: Engine, *, most_articles: int = 500, most_characters: int = 4_000_000
    ) -> None:
        self.changes = Changes()
        self._engine = engine
        self._most_articles = most_articles
        self._most_characters = most_characters
        self._held: dict[str, ArticleDeals] = {}
        self._characters = 0

    def write(self, found: ArticleDeals) -> None:
        """Take an article; raises ArticleError where it does not fit the columns."""
        _check(found)
        key = found.article_id.replace("\0", "\ufffd")
        if key in self._held:
            self.flush()
        self._held[key] = found
        self._characters += len(found.text or "")
        full = self._characters >= self._most_characters
        if full or len(self._held) >= self._most_articles:
            self.flush()

    def flush(self) -> None:
        """Commit what is held."""
        if self._held:
            with self._engine.begin() as connection:
                self.changes += _upsert(connection, self._held)
        self._held, self._characters = {}, 0


# A row of an index of PostgreSQL takes 2,704 bytes, a character up to 4 of them.
_LONGEST_KEY: Final = 600
_LARGEST_OFFSET: Final = 2**31 - 1


def _check(found: ArticleDeals) -> None:
    """Refuse what one of the two databases could not hold."""
    keys = [found.article_id]
    for deal in found.deals:
        keys.append(deal.id)
        for party in (*deal.investor, *deal.target):
            keys += (party.id, party.name)
        keys += (hardware.id for hardware in deal.hardware if hardware.id)
    if longest := next((key for key in keys if len(key) > _LONGEST_KEY), None):
        raise ArticleError(f"{longest[:20]!r}… is longer than {_LONGEST_KEY} characters")
    ends = (cite.end for deal in found.deals for cites in _cites(deal).values() for cite in cites)
    if max(ends, default=0) > _LARGEST_OFFSET:
        raise ArticleError(f"cites beyond character {_LARGEST_OFFSET}")


@contextmanager
def open_store(out: str) -> Iterator[Store]:
    """A store by the path of an SQLite file or the URL of a database, its tables up to date."""
    url = database_url(out)
    shown = url.render_as_string(hide_password=True) if "://" in out else out
    engine = connect(url)
    try:
        with engine.begin() as connection:
            migrate(connection)
        store = Store(engine)
        yield store
        store.flush()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0]
        raise UsageError(reason, file=shown) from error
    except UsageError as error:
        raise UsageError(error.message, file=error.file or shown) from error
    finally:
        engine.dispose()


_DRIVERS: Final = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def database_url(out: str) -> URL:
    """The URL of a database by its URL, or by the path of an SQLite file."""
    if "://" not in out:
        return URL.create("sqlite", database=out)
    try:
        url = make_url(out)
    except (ArgumentError, ValueError) as error:
        raise UsageError("is not the URL of a database") from error
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise UsageError(f"{url.drivername} is neither sqlite nor postgresql")
    return url.set(drivername=driver)


def connect(url: URL) -> Engine:
    """An engine; with SQLite, rows go with those they refer to, as they do in PostgreSQL."""
    if url.get_backend_name() == "postgresql":
        needed("psycopg", "sql")
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    # Else sqlite3 begins transactions by itself, but not before a change of the tables.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 30000")


def _begin_sqlite(connection: Connection) -> None:
    # Two that only later turn out to write could not both go on.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def content_hash(found: ArticleDeals) -> str:
    """The SHA-256 of all that is stored of an article."""
    return hashlib.sha256(found.model_dump_json().encode()).hexdigest()


def _upsert(connection: Connection, held: Mapping[str, ArticleDeals]) -> Changes:
    hashes = {key: content_hash(found) for key, found in held.items()}
    known = _known(connection, held)
    # In one order, so that two programs that write the same articles never wait for each other.
    todo = sorted(key for key in held if known.get(key) != hashes[key])
    if todo:
        _replace_articles(connection, [_article_row(key, held[key], hashes[key]) for key in todo])
        connection.execute(delete(DEALS).where(DEALS.c.article_id.in_(todo)))
        for table, rows in _rows((key, held[key]) for key in todo).items():
            if rows:
                connection.execute(insert(table), rows)
    replaced = sum(key in known for key in todo)
    return Changes(len(todo) - replaced, replaced, len(held) - len(todo))


def _known(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The hashes of those articles that are there."""
    wanted = select(ARTICLES.c.article_id, ARTICLES.c.content_hash)
    rows = connection.execute(wanted.where(ARTICLES.c.article_id.in_(list(ids))))
    return {row.article_id: row.content_hash for row in rows}


def _replace_articles(connection: Connection, rows: list[Row]) -> None:
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(ARTICLES)
    changed = {c.name: statement.excluded[c.name] for c in ARTICLES.c if not c.primary_key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=[ARTICLES.c.article_id], set_=changed), rows
    )


# --- rows --------------------------------------------------------------------------------------


def _article_row(key: str, found: ArticleDeals, digest: str) -> Row:
    return {
        "article_id": key,
        "title": found.title,
        "published": found.published,
        "source": found.source,
        "text": found.text,
        "deal_count": len(found.deals),
        "content_hash": digest,
    }


def _rows(articles: Iterable[tuple[str, ArticleDeals]]) -> dict[Table, list[Row]]:
    """The rows of all tables that hang on articles, each table after those it refers to."""
    rows: dict[Table, list[Row]] = {table: [] for table in TABLES[1:]}
    for article_id, found in articles:
        for number, deal in enumerate(found.deals):
            key = {"article_id": article_id, "deal_no": number}
            for table, row in _deal_rows(deal):
                rows[table].append(key | row)
    return rows


def _deal_rows(deal: DealRecord) -> Iterator[tuple[Table, Row]]:
    yield DEALS, _deal_row(deal)
    for side, parties in (("investor", deal.investor), ("target", deal.target)):
        for position, party in enumerate(parties):
            yield PARTIES, {"side": side, "position": position, **_party_row(party)}
    for position, condition in enumerate(deal.conditions):
        yield CONDITIONS, {"position": position, **_condition_row(condition)}
    for position, hardware in enumerate(deal.hardware):
        yield HARDWARE, {"position": position, **_hardware_row(hardware)}
    for (field, item), cites in _cites(deal).items():
        for position, cite in enumerate(cites):
            yield EVIDENCE, {"field": field, "item": item, "position": position, **_cite_row(cite)}


def _deal_row(deal: DealRecord) -> Row:
    return {
        "deal_id": deal.id,
        "type": deal.type,
        "status": deal.status,
        "date": deal.date,
        **_money_row("amount", deal.amount),
        "stake": deal.stake,
        **_money_row("valuation", deal.valuation),
        "round": deal.round,
        "evidence": deal.evidence,
        "confidence": deal.confidence,
        "rules": _texts(deal.rules),
        "reasons": _texts(deal.reasons),
        "warnings": _texts(deal.warnings),
    }


def _money_row(field: str, money: Money | None) -> Row:
    parts = ("min", "max", "currency", "modifier", "inferred", "text")
    return {f"{field}_{part}": getattr(money, part) if money else None for part in parts}


def _party_row(party: Party) -> Row:
    return {
        "role": party.role,
        "name": party.name,
        "party_id": party.id,
        "names": _texts(party.names),
    }


def _condition_row(condition: Condition) -> Row:
    return {"kind": condition.kind, **_cite_row(condition)}


def _hardware_row(hardware: Hardware) -> Row:
    return {
        "name": hardware.name,
        "vendor": hardware.vendor,
        "quantity": hardware.quantity,
        "hardware_id": hardware.id,
    }


def _cite_row(cite: Cite) -> Row:
    return {"start_offset": cite.start, "end_offset": cite.end, "text": cite.text}


def _cites(deal: DealRecord) -> dict[tuple[str, int], list[Cite]]:
    """All that a deal cites, by the field and which of its items it is for."""
    told: dict[tuple[str, int], list[Cite]] = {}
    for field, item, cites in _cited(deal):
        told.setdefault((field, item), []).extend(cites)
    return told


def _cited(deal: DealRecord) -> Iterator[tuple[str, int, Sequence[Cite]]]:
    for field, cites in deal.sources.items():
        yield field, 0, cites
    for field, money in (("amount", deal.amount), ("valuation", deal.valuation)):
        if money is not None:
            yield field, 0, (money,)
    for side, parties in (("investor", deal.investor), ("target", deal.target)):
        for item, party in enumerate(parties):
            yield side, item, party.mentions
    for item, hardware in enumerate(deal.hardware):
        yield "hardware", item, hardware.mentions
    for item, condition in enumerate(deal.conditions):
        yield "condition", item, (condition,)


def _texts(values: Sequence[str]) -> str:
    """A list as JSON, which both databases can take apart."""
    return json.dumps(values, ensure_ascii=False)
