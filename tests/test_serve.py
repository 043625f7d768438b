"""The service: what it answers, what it refuses and how, what it keeps."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
pytest.importorskip("uvicorn", reason="the extra `serve` is not installed")

from serving import Answer, Service, running

from extract import Pipeline
from extract.cli import main
from extract.errors import UsageError, ZhDealsError
from extract.gold import GoldArticle, read_gold
from extract.records import ArticleDeals
from extract.serve import Guard, Settings, create_app
from extract.serve_store import DealStore, GoldFile, Query, StoredDeal, gold_line, open_deals
from extract.serve_work import BusyError, LostError, SlowError, Workers

TEXTS = [
    ("a1", "软银宣布以65亿美元收购Ampere。", "2025-03-20"),
    (
        "a2",
        "亚马逊拟向OpenAI投资约100亿美元，条件是OpenAI采用Trainium芯片。",
        "2025-12-17",
    ),
    ("a3", "輝達宣布向英特爾投資50億美元，每股23.28美元。", "2025-09-18"),
    ("a4", "今天天气很好。", "2025-09-19"),
]


@pytest.fixture(scope="module")
def told() -> list[ArticleDeals]:
    pipeline = Pipeline(model=False)
    return [
        pipeline.read(text, published=day, article_id=name).model_copy(update={"text": text})
        for name, text, day in TEXTS
    ]


# --- the store ---------------------------------------------------------------------------------


@pytest.fixture(params=["deals.jsonl", "deals.db"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, told: list[ArticleDeals]
) -> Iterator[DealStore]:
    if request.param.endswith(".db"):
        pytest.importorskip("sqlalchemy", reason="the extra `sql` is not installed")
    path = tmp_path / request.param
    opened = open_deals(str(path))
    for article in told:
        opened.save(article)
    opened.close()
    again = open_deals(str(path))
    yield again
    again.close()


def _ids(store: DealStore, **query: Any) -> list[str]:
    return [stored.article_id for stored in store.find(Query(**query)).deals]


def test_what_is_stored_comes_back_as_it_was(store: DealStore, told: list[ArticleDeals]) -> None:
    wanted = [
        StoredDeal(article_id=a.article_id, title=a.title, published=a.published, deal=deal)
        for a in told
        for deal in a.deals
    ]
    found = store.find(Query())
    assert sorted(found.deals, key=lambda stored: stored.article_id) == wanted
    assert found.total == store.count() == len(wanted) == 3


QUERIES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["a2", "a3", "a1"]),
    ({"limit": 1}, ["a2"]),
    ({"limit": 2, "offset": 1}, ["a3", "a1"]),
    ({"offset": 9}, []),
    ({"party": "openai"}, ["a2"]),
    ({"party": "輝達"}, ["a3"]),
    ({"party": "nobody"}, []),
    ({"party": "%"}, []),
    ({"type": "acquisition"}, ["a1"]),
    ({"status": "talks"}, ["a2"]),
    ({"since": "2025-09"}, ["a2", "a3"]),
    ({"until": "2025-09"}, ["a3", "a1"]),
    ({"since": "2025-09-18", "until": "2025-09-18"}, ["a3"]),
    ({"type": "ipo"}, []),
]


@pytest.mark.parametrize(("query", "found"), QUERIES, ids=str)
def test_deals_are_found(store: DealStore, query: dict[str, Any], found: list[str]) -> None:
    assert _ids(store, **query) == found


def test_an_article_that_is_saved_again_is_replaced(
    store: DealStore, told: list[ArticleDeals]
) -> None:
    store.save(told[0].model_copy(update={"deals": ()}))
    assert _ids(store) == ["a2", "a3"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.jsonl", b'{"article_id": "a"}\nnonsense\n', "is no line of output of run"),
        ("a.jsonl", b"\xff\xfe", "is not UTF-8"),
        ("a.db", b"nonsense " * 200, ""),
    ],
)
def test_a_store_that_cannot_be_used_is_one_line(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    if name.endswith(".db"):
        pytest.importorskip("sqlalchemy", reason="the extra `sql` is not installed")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError) as error:
        open_deals(str(tmp_path / name))
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


# --- gold --------------------------------------------------------------------------------------

GOLD: dict[str, Any] = {
    "article_id": "g1",
    "title": None,
    "published": "2025-03-20",
    "text": TEXTS[0][1],
    "deals": [
        {
            "type": "acquisition",
            "investor": [{"name": "软银", "role": "acquirer", "names": ["软银", "SoftBank"]}],
            "target": [{"name": "Ampere", "role": "acquiree", "names": ["Ampere"]}],
            "amount": {
                "min": 6_500_000_000,
                "max": 6_500_000_000,
                "currency": "USD",
                "modifier": "exact",
                "text": "65亿美元",
            },
            "stake": None,
            "valuation": None,
            "round": None,
            "status": "announced",
            "date": "2025-03-19",
            "conditions": [],
            "hardware": [],
            "evidence": "软银宣布以65亿美元收购Ampere",
            "optional": False,
        }
    ],
}


def test_a_line_of_gold_says_what_was_said() -> None:
    line = gold_line(GoldArticle.model_validate(GOLD))
    assert json.loads(line) == GOLD
    assert "6500000000," in line  # no 6500000000.0, as gold is written by hand


def test_gold_of_an_article_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    file = GoldFile(path)
    other = GOLD | {"article_id": "g2", "deals": []}
    for article in (GOLD, other, GOLD | {"deals": []}, GOLD):
        file.save(article["article_id"], gold_line(GoldArticle.model_validate(article)))
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [GOLD, other]
    assert [article.article_id for article in read_gold(path)] == ["g1", "g2"]
    assert os.listdir(tmp_path) == ["gold.jsonl"]


# --- the workers -------------------------------------------------------------------------------


def _echo(value: Any) -> Any:
    return value


def _never(_value: Any) -> Any:
    while True:
        time.sleep(1)


def _complain(_value: Any) -> Any:
    raise ZhDealsError("is not liked")


def _die(_value: Any) -> Any:
    os._exit(3)


def make_jobs() -> Mapping[str, Callable[[Any], Any]]:
    """Jobs for workers: some that end badly."""
    return {"echo": _echo, "never": _never, "complain": _complain, "die": _die}


async def _outcomes(names: list[str], *, seconds: float) -> list[object]:
    """What becomes of jobs that are asked for one after the other of one worker."""
    workers = Workers(make_jobs, 1, seconds)
    await workers.start()
    found: list[object] = []
    for name in names:
        try:
            found.append(await workers.call(name, name))
        except ZhDealsError as error:
            found.append(type(error))
    await workers.stop()
    return found


def test_a_worker_that_is_lost_costs_its_task_alone() -> None:
    names = ["echo", "never", "echo", "complain", "echo", "die", "echo"]
    wanted = ["echo", SlowError, "echo", ZhDealsError, "echo", LostError, "echo"]
    assert asyncio.run(_outcomes(names, seconds=1.5)) == wanted


def test_who_waits_too_long_is_told_so() -> None:
    async def both() -> list[object]:
        workers = Workers(make_jobs, 1, 1.0)
        await workers.start()
        slow = asyncio.create_task(workers.call("never", 1))
        await asyncio.sleep(0)
        workers._seconds = 0.01
        found = await asyncio.gather(workers.call("echo", 2), slow, return_exceptions=True)
        await workers.stop()
        return [type(one) for one in found]

    assert asyncio.run(both()) == [BusyError, SlowError]


# --- the guard ---------------------------------------------------------------------------------

OWN = {"host": "localhost:8000"}
JSON = OWN | {"content-type": "application/json"}


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(message["body"])).encode()})


def _through(
    headers: dict[str, str],
    *parts: bytes | None,
    method: str = "POST",
    path: str = "/extract",
    hosts: frozenset[str] | None = frozenset({"localhost"}),
    seconds: float = 60,
) -> tuple[int, str, dict[bytes, bytes]]:
    """Status, body and headers of a request; a part that is None never comes."""
    guard = Guard(_inner, hosts=hosts, max_bytes=10, seconds=seconds)
    waiting = list(parts)
    sent: list[Any] = []

    async def receive() -> Any:
        part = waiting.pop(0)
        if part is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), dict(sent[0]["headers"])


REFUSED: list[tuple[dict[str, str], tuple[bytes | None, ...], dict[str, Any], int]] = [
    (JSON, (b"12345", b"67890"), {}, 200),
    (JSON, (b"12345", b"678901"), {}, 413),
    (JSON, (b"12345", b"678901", b"2", b"3"), {}, 413),
    (JSON, (b"12345", b"678901", None), {"seconds": 0.01}, 413),
    (JSON | {"content-length": "11"}, (b"1", b"2"), {}, 413),
    (JSON | {"content-length": "-1"}, (b"",), {}, 413),
    (JSON | {"content-length": "many"}, (b"",), {}, 413),
    (JSON, (b"12", None), {"seconds": 0.01}, 408),
    (OWN, (b"{}",), {}, 415),
    (OWN | {"content-type": "text/plain"}, (b"{}",), {}, 415),
    (OWN | {"content-type": "application/json; charset=utf-8"}, (b"{}",), {}, 200),
    (OWN | {"content-type": "application/octet-stream"}, (b"x",), {"path": "/page/file"}, 200),
    (JSON, (b"x",), {"path": "/page/file"}, 415),
    ({}, (b"",), {"method": "GET"}, 421),
    ({"host": "evil.example"}, (b"",), {"method": "GET"}, 421),
    ({"host": "localhost.evil.example:8000"}, (b"",), {"method": "GET"}, 421),
    ({"host": "evil.example"}, (b"",), {"method": "GET", "hosts": None}, 200),
    (JSON | {"origin": "http://evil.example"}, (b"{}",), {}, 403),
    (JSON | {"origin": "null"}, (b"{}",), {}, 403),
    (JSON | {"origin": "http://localhost:8000"}, (b"{}",), {}, 200),
]


@pytest.mark.parametrize(("headers", "parts", "how", "status"), REFUSED)
def test_what_passes_the_guard(
    headers: dict[str, str], parts: tuple[bytes | None, ...], how: dict[str, Any], status: int
) -> None:
    code, body, answered = _through(headers, *parts, **how)
    assert code == status
    assert answered[b"content-security-policy"].startswith(b"default-src 'none'; script-src 'self'")
    if status != 200:
        assert list(json.loads(body)) == ["error"]


def test_the_service_is_made_for_this_machine() -> None:
    assert Settings().host == "127.0.0.1"


def test_a_store_that_is_missing_its_table_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text("[]\n", "utf-8")
    with pytest.raises(UsageError, match="is no line of output of run"):
        create_app(Settings(store=str(path)))


# --- over the network --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    kept = ("--store", str(folder / "deals.jsonl"), "--gold", str(folder / "gold.jsonl"))
    with running("--workers", "2", "--max-bytes", "200000", *kept) as started:
        yield started


def test_a_text_is_read_as_run_reads_it(service: Service) -> None:
    name, text, day = TEXTS[0]
    wanted = Pipeline().read(text, published=day, article_id=name)
    answer = service.ask("POST", "/extract", {"text": text, "published": day, "article_id": name})
    found = ArticleDeals.model_validate(answer.body, context={"text": text})
    assert answer.status == 200
    assert found == wanted.model_copy(update={"text": text})


def test_a_list_is_answered_with_a_list(service: Service) -> None:
    body = [{"text": text, "title": "标题", "published": day} for _, text, day in TEXTS]
    answer = service.ask("POST", "/extract", body)
    assert [article["text"] for article in answer.body] == [f"标题\n{t}" for _, t, _ in TEXTS]
    assert [len(article["deals"]) for article in answer.body] == [1, 1, 1, 0]
    assert len({article["article_id"] for article in answer.body}) == 4


def test_the_dateline_counts_where_no_day_is_given(service: Service) -> None:
    text = "（2025年3月20日讯）软银昨日宣布以65亿美元收购Ampere。"
    answer = service.ask("POST", "/extract", {"text": text})
    assert answer.body["published"] == "2025-03-20"
    assert answer.body["deals"][0]["date"] == "2025-03-19"


HOSTILE: list[tuple[str, str, object, dict[str, str], int, str]] = [
    ("POST", "/extract", {}, {}, 422, "text: Field required"),
    ("POST", "/extract", [], {}, 422, "List should have at least 1 item"),
    ("POST", "/extract", [{"text": "a"}] * 101, {}, 422, "at most 100 items"),
    ("POST", "/extract", {"text": ""}, {}, 422, "text: String should have at least 1"),
    ("POST", "/extract", {"text": 5}, {}, 422, "text: Input should be a valid string"),
    ("POST", "/extract", {"text": "a", "x" * 500: 1}, {}, 422, "…"),
    ("POST", "/extract", {"text": "a", "published": "2025-02-31"}, {}, 422, "no such day"),
    ("POST", "/extract", {"text": "a", "published": "昨天"}, {}, 422, "published: "),
    ("POST", "/extract", "软银", {}, 422, "valid dictionary"),
    ("POST", "/extract", None, {"Content-Type": "application/json"}, 422, "Field required"),
    ("POST", "/extract", b'{"text": "\\ud800"}', {}, 422, "unicode"),
    ("POST", "/extract", b"{", {}, 400, "the body is not JSON"),
    ("POST", "/extract", b"\xff\xfe\x00", {}, 400, "the body is not JSON"),
    ("POST", "/extract", b"[" * 100_000, {}, 400, "the body is not JSON"),
    ("POST", "/extract", b'{"text": NaN}', {}, 422, "text: Input should be a valid string"),
    ("POST", "/extract", b"x" * 200_001, {}, 413, "is larger than 200,000 bytes"),
    ("POST", "/extract", b"x" * 20_000_000, {}, 413, "is larger than 200,000 bytes"),
    ("POST", "/extract", b"{}", {"Content-Type": "text/plain"}, 415, "application/json"),
    ("POST", "/extract", {"text": "a"}, {"Origin": "https://evil.example"}, 403, "other sites"),
    ("GET", "/health", None, {"Host": "evil.example"}, 421, "not served here"),
    ("GET", "/extract", None, {}, 405, "method not allowed"),
    ("GET", "/../../etc/passwd", None, {}, 404, "not found"),
    ("GET", "/deals?limit=501", None, {}, 422, "limit: "),
    ("GET", "/deals?type=gift", None, {}, 422, "type: "),
    ("GET", "/deals?since=yesterday", None, {}, 422, "since: "),
    ("GET", "/deals?colour=red", None, {}, 422, "colour: "),
    ("GET", "/amount?text=abc", None, {}, 422, "text: is no amount of money"),
    ("GET", "/amount", None, {}, 422, "text: Field required"),
    ("POST", "/gold", {"article_id": "x", "deals": [{}]}, {}, 422, "deals.0.type: "),
    ("POST", "/page/file", b"\x1f\x8b", {}, 415, "application/octet-stream"),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "status", "says"), HOSTILE)
def test_what_is_refused_is_told_in_one_line(
    service: Service,
    method: str,
    path: str,
    body: object,
    headers: dict[str, str],
    status: int,
    says: str,
) -> None:
    answer = service.ask(method, path, body, headers)
    assert answer.status == status
    assert list(answer.body) == ["error"]
    assert says in answer.body["error"]
    assert "\n" not in answer.body["error"]
    assert len(answer.body["error"]) <= 300


def test_gold_must_quote_the_text(service: Service) -> None:
    changed = json.loads(json.dumps(GOLD))
    changed["deals"][0]["amount"]["text"] = "66亿美元"
    answer = service.ask("POST", "/gold", changed)
    assert (answer.status, answer.body) == (
        422,
        {"error": "deals.0.amount.text: '66亿美元' is not in the text"},
    )


def test_gold_is_saved(service: Service, folder: Path) -> None:
    answer = service.ask("POST", "/gold", GOLD)
    assert (answer.status, answer.body["file"]) == (200, "gold.jsonl")
    (article,) = read_gold(folder / "gold.jsonl")
    assert article == GoldArticle.model_validate(GOLD)


def test_records_are_kept_and_found(service: Service) -> None:
    _, text, day = TEXTS[0]
    body = {"text": text, "published": day, "article_id": "kept"}
    before = service.ask("GET", "/deals").body["total"]
    read = service.ask("POST", "/extract?save=true", body)
    found = service.ask("GET", "/deals?party=softbank").body
    assert (before, found["total"]) == (0, 1)
    assert found["deals"][0]["deal"] == read.body["deals"][0]


def test_files_are_read_by_what_they_hold(service: Service) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    text = TEXTS[0][1]
    contents = [
        text.encode("gb18030"),
        f"<html><body><article><h1>软银收购</h1><p>{text}</p></article></body></html>".encode(),
        "".join(json.dumps({"text": t, "id": n}) + "\n" for n, t, _ in TEXTS).encode(),
        b"\x1f\x8b\x00\xff",
        b"",
    ]
    answers = [service.ask("POST", "/page/file?name=2025-03-20.txt", c, kind) for c in contents]
    assert [answer.status for answer in answers] == [200] * 5
    assert [[a["deals"] for a in answer.body["articles"]] for answer in answers[:3]] == [
        [1],
        [1],
        [1, 1, 1, 0],
    ]
    assert answers[0].body["articles"][0]["published"] == "2025-03-20"
    assert [a["article_id"] for a in answers[2].body["articles"]] == ["a1", "a2", "a3", "a4"]
    assert [len(answer.body["failures"]) for answer in answers] == [0, 0, 0, 1, 1]


def test_what_stands_in_a_text_is_escaped(service: Service) -> None:
    text = "软银<img src=x onerror=alert(1)>宣布以65亿美元收购<b>Ampere</b>\"'&。"
    (article,) = service.ask("POST", "/page/read", {"text": text}).body["articles"]
    assert "<img" not in article["html"]
    assert "<b>Ampere" not in article["html"]
    assert "&lt;img src=x onerror=alert(1)&gt;" in article["html"]


def test_pages_ask_for_nothing_from_elsewhere(service: Service) -> None:
    paths = ("/", "/docs", "/page.css", "/page.js")
    answers = [service.ask("GET", path) for path in paths]
    assert [answer.status for answer in answers] == [200] * 4
    assert [word for a in answers for word in ("//", "@import") if f'"{word}' in a.body] == []
    assert [path for path, a in zip(paths, answers, strict=True) if "http" in a.body] == []
    assert "POST /extract" in answers[1].body


def test_the_description_tells_every_path(service: Service) -> None:
    described = service.ask("GET", "/openapi.json").body
    assert sorted(described["paths"]) == ["/amount", "/deals", "/extract", "/gold", "/health"]


def test_many_at_once_are_all_answered(service: Service) -> None:
    def ask(number: int) -> Answer:
        return service.ask("POST", "/extract", {"text": f"软银宣布以{number}亿美元收购Ampere。"})

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(ask, range(1, 33)))
    amounts = [answer.body["deals"][0]["amount"]["min"] for answer in answers]
    assert amounts == [number * 10**8 for number in range(1, 33)]


def test_it_holds_under_load_with_requests_that_must_be_refused(service: Service) -> None:
    path = Path(__file__).parent / "bench" / "serve_load.py"
    spec = spec_from_file_location("serve_load", path)
    assert spec is not None
    assert spec.loader is not None
    bench = module_from_spec(spec)
    sys.modules[spec.name] = bench  # its dataclass looks itself up there
    spec.loader.exec_module(bench)
    tally = bench.load(service, seconds=2, clients=8, hostile=3)
    assert tally.errors == []
    assert tally.seconds != []
    assert tally.refused > 0


def test_a_service_without_a_store_says_so(folder: Path) -> None:
    with running("--workers", "1") as bare:
        answers = [
            bare.ask("GET", "/deals"),
            bare.ask("POST", "/extract?save=true", {"text": "无"}),
            bare.ask("POST", "/gold", GOLD),
        ]
    assert [answer.status for answer in answers] == [409, 409, 200]
    assert answers[2].body["file"] is None


# --- the command -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--store", "no/such/folder/deals.db"], "cannot be opened as a database"),
        (["--host", "256.0.0.1"], "cannot listen on 256.0.0.1"),
        (["--port", "70000"], "'--port'"),
        (["--workers", "0"], "'--workers'"),
    ],
)
def test_misuse_of_the_command_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "0", *arguments])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert says in error
    assert error.count("\n") == 1
