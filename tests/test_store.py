"""Databases: the same rows in SQLite and in a real PostgreSQL, however often they are written."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="the extra sql is not installed")

from sink_samples import corpus_output, full_deal, holding, money, samples
from sqlalchemy import Connection, inspect, select, text

from extract.article import Failure
from extract.errors import UsageError
from extract.records import ArticleDeals, Cite
from extract.sinks import Exported, export
from extract.store import (
    SCHEMA_VERSION,
    TABLES,
    VERSION,
    Changes,
    Store,
    connect,
    database_url,
    migrate,
    open_store,
)

# --- a server of our own -----------------------------------------------------------------------


def server_programs() -> Path | None:
    """The folder of initdb and postgres: on the path, or where Debian keeps them."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


def server_user() -> str | None:
    """The user that runs the server, which refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that runs in a temporary folder, on a socket alone."""
    pytest.importorskip("psycopg", reason="the extra sql is not installed")
    programs, user = server_programs(), server_user()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    if user is None and os.geteuid() == 0:
        pytest.skip("PostgreSQL does not run as root, and there is no other user")
    # Not below pytest's folder: only its owner may enter that, and sockets need short names.
    folder = Path(
        subprocess.check_output(["mktemp", "-d", "/tmp/zhdeals-pg.XXXXXX"], text=True).strip()
    )
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"

    def call(*words: str) -> None:
        done = subprocess.run(
            words, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert done.returncode == 0, done.stderr.decode()

    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    control = (f"{programs}/pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"))
    try:
        call(
            f"{programs}/initdb", "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "-N"
        )
        call(*control, "-o", options, "start")
        yield f"postgresql://tester@/postgres?host={folder}"
        call(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@contextmanager
def transaction(out: str) -> Iterator[Connection]:
    """A connection that is committed where nothing goes wrong, and closed in any case."""
    engine = connect(database_url(out))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """The server's database, with nothing in it."""
    with transaction(postgres) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind: the path of a file, or the URL of a server."""
    if request.param == "sqlite":
        return str(tmp_path / "deals.sqlite")
    return str(request.getfixturevalue("empty_postgres"))


Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(out: str) -> Rows:
    """All rows of all tables, sorted by their keys."""
    with transaction(out) as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table)).all()]
            for table in TABLES
        }
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def counts(rows: Rows) -> dict[str, int]:
    return {name: len(found) for name, found in rows.items()}


def parts(articles: Sequence[ArticleDeals]) -> dict[str, int]:
    """How many rows the tables must have for articles."""
    deals = [deal for found in articles for deal in found.deals]
    people = [party for deal in deals for party in (*deal.investor, *deal.target)]
    hardware = [one for deal in deals for one in deal.hardware]
    conditions = sum(len(deal.conditions) for deal in deals)
    cites = sum(len(cites) for deal in deals for cites in deal.sources.values())
    cites += sum((deal.amount is not None) + (deal.valuation is not None) for deal in deals)
    return {
        "articles": len(articles),
        "deals": len(deals),
        "parties": len(people),
        "conditions": conditions,
        "hardware": len(hardware),
        "evidence": cites + conditions + sum(len(one.mentions) for one in (*people, *hardware)),
    }


# --- rows --------------------------------------------------------------------------------------

FULL_DEAL = (
    "a/1", 0, "d1", "acquisition", "announced", "2025-03",
    Decimal(6_500_000_000), Decimal(6_500_000_000), "USD", "exact", False, "65亿美元",
    Decimal("51.5"),
    Decimal(12_000_000_000), None, "USD", "at_least", False, "不低于120亿美元",
    "strategic", "软银宣布拟以65亿美元收购Ampere", 0.85,
    '["acquire"]', '["base +0.40", "amount +0.45"]', '["seen once"]',
)  # fmt: skip
EVIDENCE = [
    ("a/1", 0, "amount", 0, 0, 6, 11, "65亿美元"),
    ("a/1", 0, "condition", 0, 0, 44, 51, "采购GB300"),
    ("a/1", 0, "date", 0, 0, 2, 4, "宣布"),
    ("a/1", 0, "evidence", 0, 0, 0, 19, "软银宣布拟以65亿美元收购Ampere"),
    ("a/1", 0, "hardware", 0, 0, 46, 51, "GB300"),
    ("a/1", 0, "investor", 0, 0, 0, 2, "软银"),
    ("a/1", 0, "round", 0, 0, 11, 13, "收购"),
    ("a/1", 0, "stake", 0, 0, 20, 25, "51.5%"),
    ("a/1", 0, "status", 0, 0, 2, 4, "宣布"),
    ("a/1", 0, "status", 0, 1, 4, 5, "拟"),
    ("a/1", 0, "target", 0, 0, 13, 19, "Ampere"),
    ("a/1", 0, "type", 0, 0, 11, 13, "收购"),
    ("a/1", 0, "valuation", 0, 0, 31, 40, "不低于120亿美元"),
]


def test_the_rows_hold_every_field(database: str) -> None:
    export(samples(), to="sql", out=database)
    rows = rows_of(database)
    assert [row[:6] for row in rows["articles"]] == [
        ("a/1", '软银“收购”, "Ampere"\n续', "2025-03-20", "outlet", samples()[0].text, 2),
        ("b", None, None, None, None, 1),
        ("nothing", None, None, None, None, 0),
    ]
    assert rows["deals"][0] == FULL_DEAL
    assert rows["parties"] == [
        ("a/1", 0, "investor", 0, "acquirer", "软银", "softbank", '["软银"]'),
        ("a/1", 0, "target", 0, "acquiree", "Ampere", "ampere", '["Ampere"]'),
        ("a/1", 1, "investor", 0, "shareholder", "软银", "name:软银", '["软银"]'),
        ("b", 0, "investor", 0, "shareholder", "Ampere", "name:Ampere", '["Ampere"]'),
    ]
    assert rows["conditions"] == [("a/1", 0, 0, "procurement", "采购GB300", 44, 51)]
    assert rows["hardware"] == [("a/1", 0, 0, "GB300", "英伟达", None, "nvidia-gb300")]
    assert [row for row in rows["evidence"] if row[:2] == ("a/1", 0)] == EVIDENCE


def test_both_databases_hold_the_same_rows(tmp_path: Path, empty_postgres: str) -> None:
    told = [*samples(), *corpus_output()]
    file = str(tmp_path / "deals.sqlite")
    for out in (file, empty_postgres):
        export(told, to="sql", out=out)
    assert rows_of(file) == rows_of(empty_postgres)
    assert counts(rows_of(file)) == parts(told)


def test_written_twice_nothing_changes(database: str) -> None:
    number = len(corpus_output())
    first = export(corpus_output(), to="sql", out=database)
    rows = rows_of(database)
    again = export(corpus_output(), to="sql", out=database)
    assert (first.changes, again.changes) == (Changes(new=number), Changes(unchanged=number))
    assert rows_of(database) == rows


def test_a_changed_article_is_replaced_with_all_that_hangs_on_it(database: str) -> None:
    export(samples(), to="sql", out=database)
    first, *others = samples()
    changed = first.model_copy(update={"title": "改", "deals": (holding("Ampere"),)})
    done = export([changed, *others], to="sql", out=database)
    assert done == Exported(3, 2, (), Changes(replaced=1, unchanged=2))
    assert done.line() == "3 articles, 2 deals, 0 failures; 0 new, 1 replaced, 2 unchanged"
    assert counts(rows_of(database)) == parts([changed, *others])


def test_of_one_id_told_twice_the_later_article_stays(database: str) -> None:
    first, second = (ArticleDeals(article_id="a", title=title) for title in ("甲", "乙"))
    done = export([first, second], to="sql", out=database)
    assert done.changes == Changes(new=1, replaced=1)
    assert [row[:2] for row in rows_of(database)["articles"]] == [("a", "乙")]


def test_batches_change_nothing(tmp_path: Path) -> None:
    whole, small = str(tmp_path / "whole.sqlite"), str(tmp_path / "small.sqlite")
    export(samples(), to="sql", out=whole)
    with open_store(small):
        pass
    engine = connect(database_url(small))
    store = Store(engine, most_articles=2, most_characters=10)
    for found in samples():
        store.write(found)
    store.flush()
    engine.dispose()
    assert rows_of(small) == rows_of(whole)
    assert store.changes == Changes(new=3)


# --- hostile values ----------------------------------------------------------------------------

VALUES = ["1E+40", "9223372036854775807", "9223372036854775808", "0.1", "33.333333333333336", "0"]


def test_numbers_of_any_size_are_the_same_in_both(tmp_path: Path, empty_postgres: str) -> None:
    file = str(tmp_path / "deals.sqlite")
    told = [
        ArticleDeals(
            article_id=value,
            deals=(
                full_deal().model_copy(
                    update={"amount": money("65亿美元", value, None, "at_least")}
                ),
            ),
        )
        for value in VALUES
    ]
    for out in (file, empty_postgres):
        export(told, to="sql", out=out)
    rows = rows_of(file)
    assert rows_of(empty_postgres) == rows
    expected = {value: Decimal(value) for value in VALUES}
    expected["9223372036854775808"] = Decimal("9.223372036854776E+18")
    assert {row[0]: row[6] for row in rows["deals"]} == expected


STRINGS = ["'; DROP TABLE deals; --", "%s :name ?", "a\\b\u202e", "\0甲", "😀" * 600]


@pytest.mark.parametrize("words", STRINGS)
def test_text_is_stored_as_it_is(words: str, database: str) -> None:
    told = ArticleDeals(article_id=words, title=words, deals=(full_deal(),))
    for _ in range(2):
        done = export([told], to="sql", out=database)
    assert done.changes == Changes(unchanged=1)
    stored = words.replace("\0", "\ufffd")
    assert [row[:2] for row in rows_of(database)["articles"]] == [(stored, stored)]


def far_deal() -> Any:
    place = Cite(start=2**31, end=2**31 + 2, text="软银")
    sources = dict.fromkeys(("type", "status", "evidence"), (place,))
    return holding().model_copy(update={"sources": sources})


REFUSED = [
    (
        ArticleDeals(article_id="长" * 601),
        "'" + "长" * 20 + "'… is longer than 600 characters",
    ),
    (
        ArticleDeals(article_id="far", deals=(far_deal(),)),
        "cites beyond character 2147483647",
    ),
]


@pytest.mark.parametrize(("told", "reason"), REFUSED)
def test_what_does_not_fit_costs_its_article_only(
    told: ArticleDeals, reason: str, database: str
) -> None:
    done = export([told, *samples()], to="sql", out=database)
    assert done == Exported(3, 3, (Failure(told.article_id, None, reason),), Changes(new=3))
    assert counts(rows_of(database)) == parts(samples())


# --- faults ------------------------------------------------------------------------------------


def test_what_breaks_off_leaves_whole_batches(database: str) -> None:
    def broken() -> Iterator[ArticleDeals]:
        for number in range(501):
            yield ArticleDeals(article_id=f"{number:03}", deals=(holding(),))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        export(broken(), to="sql", out=database)
    found = counts(rows_of(database))
    assert (found["articles"], found["deals"], found["evidence"]) == (500, 500, 2000)


def test_two_that_write_the_same_at_once_agree(database: str) -> None:
    failed: list[BaseException] = []

    def write(articles: Sequence[ArticleDeals]) -> None:
        try:
            export(articles, to="sql", out=database)
        except BaseException as error:
            failed.append(error)

    orders = (corpus_output(), corpus_output()[::-1])
    threads = [threading.Thread(target=write, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert counts(rows_of(database)) == parts(corpus_output())


TARGETS = [
    ("mysql://a/b", "mysql is neither sqlite nor postgresql"),
    ("://", "is not the URL of a database"),
    ("{tmp}", "unable to open database file"),
    ("{tmp}/missing/x.sqlite", "unable to open database file"),
    ("{tmp}/text.sqlite", "file is not a database"),
]


@pytest.mark.parametrize(("out", "reason"), TARGETS)
def test_a_database_that_cannot_be_used_is_misuse(out: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(UsageError, match=reason):
        export(samples(), to="sql", out=out.format(tmp=tmp_path))


def test_a_password_is_not_told() -> None:
    pytest.importorskip("psycopg", reason="the extra sql is not installed")
    url = "postgresql://user:hush@127.0.0.1:1/none?connect_timeout=2"
    with pytest.raises(UsageError) as told:
        export(samples(), to="sql", out=url)
    assert "hush" not in str(told.value)
    assert "user:***@127.0.0.1:1/none" in str(told.value)


# --- migrations --------------------------------------------------------------------------------


def version_of(connection: Connection) -> int:
    return int(connection.execute(select(SCHEMA_VERSION.c.version)).scalar_one())


def columns_of(connection: Connection) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns("articles")}


def add_language(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE articles ADD COLUMN language TEXT"))


def fill_language(connection: Connection) -> None:
    connection.execute(text("UPDATE articles SET language = 'zh'"))


def test_an_old_database_is_brought_up_to_date(database: str) -> None:
    export(samples(), to="sql", out=database)
    before = rows_of(database)
    with transaction(database) as connection:
        migrate(connection, version=3, steps={2: add_language, 3: fill_language})
        told = connection.execute(text("SELECT DISTINCT language FROM articles")).scalars().all()
        assert (version_of(connection), told) == (3, ["zh"])
    assert rows_of(database) == before


def test_a_migration_that_fails_changes_nothing(database: str) -> None:
    def trip(connection: Connection) -> None:
        raise RuntimeError("power cut")

    export(samples(), to="sql", out=database)
    with pytest.raises(RuntimeError, match="power cut"), transaction(database) as connection:
        migrate(connection, version=3, steps={2: add_language, 3: trip})
    with transaction(database) as connection:
        assert (version_of(connection), "language" in columns_of(connection)) == (VERSION, False)


def test_a_newer_database_is_refused(database: str) -> None:
    export(samples(), to="sql", out=database)
    with transaction(database) as connection:
        connection.execute(SCHEMA_VERSION.update().values(version=99))
    with pytest.raises(UsageError, match=f"has version 99, this program knows {VERSION}"):
        export(samples(), to="sql", out=database)


def test_tables_of_others_are_left_alone(database: str) -> None:
    with transaction(database) as connection:
        connection.execute(text("CREATE TABLE deals (mine TEXT)"))
    with pytest.raises(UsageError, match="a table 'deals' that is not of this program"):
        export(samples(), to="sql", out=database)
