"""The service: texts in, records out over HTTP, and a page to read, correct and save.

It listens on this machine alone unless told otherwise, keeps nothing but its store, and asks nobody
for anything. Every request has a limit of size and of time; what is refused is answered with a status
of 400 to 499 and one line that says why.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import Body, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import AfterValidator, Discriminator, Field, Tag
from starlette.exceptions import HTTPException

from extract.amounts import parse_money
from extract.dates import publication_date
from extract.deal_report_assets import BASE
from extract.errors import UsageError, ZhDealsError
from extract.gold import GoldArticle
from extract.records import DATE_PATTERN, ArticleDeals, Frozen, Modifier, Number
from extract.serve_assets import SCRIPT, STYLE
from extract.serve_jobs import jobs
from extract.serve_page import docs_page, page
from extract.serve_store import (
    DealStore,
    Found,
    GoldFile,
    gold_line,
    open_deals,
)
from extract.serve_store import Query as DealQuery
from extract.serve_work import BusyError, LostError, SlowError, Workers

MOST_ARTICLES: Final = 100
"""How many articles a request may hold."""

_POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
        "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types zhdeals",
    )
)  # fmt: skip
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs.

    ``store`` and ``gold`` are the files that it keeps. ``max_bytes`` bounds the body of a request,
    ``seconds`` how long a text may take, ``workers`` how many are read at once.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    store: str | None = None
    gold: Path | None = None
    max_bytes: int = 2_000_000
    seconds: float = 20.0
    workers: int = 2


# --- what is asked and answered ----------------------------------------------------------------


def _real_day(value: str) -> str:
    """A day that exists, or a month or a year."""
    if len(value) == 10 and publication_date(value) is None:
        raise ValueError("there is no such day")
    return value


class ArticleIn(Frozen):
    """A text to read. ``published`` is the ISO date that 昨日 and 今年10月 count from."""

    text: str = Field(min_length=1, examples=["软银宣布以65亿美元收购Ampere。"])
    title: str | None = Field(default=None, max_length=1000)
    published: Annotated[str, AfterValidator(_real_day)] | None = Field(
        default=None, pattern=DATE_PATTERN, examples=["2025-03-20"]
    )
    article_id: str | None = Field(default=None, min_length=1, max_length=200)
    source: str | None = Field(default=None, max_length=200)


def _shape(value: object) -> str:
    return "list" if isinstance(value, list) else "one"


_Many = Annotated[list[ArticleIn], Field(min_length=1, max_length=MOST_ARTICLES)]
ArticlesIn = Annotated[
    Annotated[ArticleIn, Tag("one")] | Annotated[_Many, Tag("list")], Discriminator(_shape)
]


class Health(Frozen):
    """That the service runs, and which version."""

    status: str
    version: str


class AmountOut(Frozen):
    """An amount of money in numbers."""

    min: Number | None
    max: Number | None
    currency: str
    modifier: Modifier


class Saved(Frozen):
    """The line that was made, and the file that it went to; none where the service keeps no gold."""

    article_id: str
    file: str | None
    line: str


class Problem(Frozen):
    """Why a request was refused, in one line."""

    error: str


# --- what every request passes first -----------------------------------------------------------

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class _RefusedError(Exception):
    """A request that is not let in: the status and the line that says why."""

    def __init__(self, status: int, reason: str, *, arrived: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.arrived = arrived  # whether nothing more of the request is to come


class Guard:
    """Lets in requests to this host, from its own pages or from programs, of a bounded size.

    The names of hosts stop pages of other sites that had their name point here, the origin and the
    type of content stop forms and scripts of other sites.
    """

    def __init__(
        self, app: App, *, hosts: frozenset[str] | None, max_bytes: int, seconds: float
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on with its whole body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = partial(_with_headers, send)
        try:
            self._check(scope)
            body = await asyncio.wait_for(self._body(scope, receive), self._seconds)
        except _RefusedError as error:
            if not error.arrived:
                await self._drain(receive)
            await _refuse(scope, receive, answer, error.status, error.reason)
        except TimeoutError:
            await _refuse(scope, receive, answer, 408, "the request takes too long to arrive")
        else:
            if body is not None:
                await self._app(scope, _replay(body, receive), answer)

    def _check(self, scope: Message) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if self._hosts is not None and _name_of(host) not in self._hosts:
            raise _RefusedError(421, "this host is not served here")
        origin = headers.get(b"origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise _RefusedError(403, "requests from other sites are refused")
        if scope["method"] == "POST":
            wanted = "application/octet-stream" if scope["path"] == "/page/file" else _JSON
            if headers.get(b"content-type", "").partition(";")[0].strip().lower() != wanted:
                raise _RefusedError(415, f"the content must be {wanted}")
        length = headers.get(b"content-length", "0")
        if not length.isdigit() or int(length) > self._max_bytes:
            raise self._too_large()

    def _too_large(self, *, arrived: bool = False) -> _RefusedError:
        return _RefusedError(413, f"is larger than {self._max_bytes:,} bytes", arrived=arrived)

    async def _drain(self, receive: Receive) -> None:
        """Pass over what is still coming, within bounds: who is cut off would not read the answer."""
        size, more = 0, True
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self._seconds, _PATIENCE)):
                while more and size < _MOST_DRAINED:
                    message = await receive()
                    size += len(message.get("body", b""))
                    more = message.get("more_body", False)

    async def _body(self, scope: Message, receive: Receive) -> bytes | None:
        """The whole body; None where the other side went away."""
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            more = message.get("more_body", False)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_bytes:
                raise self._too_large(arrived=not more)
        return b"".join(parts)


_JSON: Final = "application/json"
_MOST_DRAINED: Final = 50_000_000
_PATIENCE: Final = 5.0


def _name_of(host: str) -> str:
    """A host without its port: ``[::1]:8000`` is ``[::1]``."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _with_headers(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = [*message.get("headers", ()), *_HEADERS]
    await send(message)


async def _refuse(scope: Message, receive: Receive, send: Send, status: int, reason: str) -> None:
    # What may be left of the body is not read, so the connection ends.
    answer = JSONResponse({"error": reason}, status, headers={"connection": "close"})
    await answer(scope, receive, send)


def _served_hosts(host: str) -> frozenset[str] | None:
    """The names that a request may use; any, where the service is opened to the network."""
    if host in {"0.0.0.0", "::", ""}:
        return None
    own = f"[{host}]" if ":" in host else host
    return frozenset({"localhost", "127.0.0.1", "[::1]", own.lower()})


# --- errors ------------------------------------------------------------------------------------

_STATUS: Final[tuple[tuple[type[ZhDealsError], int], ...]] = (
    (BusyError, 503),
    (SlowError, 422),
    (LostError, 500),
    (UsageError, 409),
    (ZhDealsError, 422),
)


async def _on_error(request: Request, error: Exception) -> JSONResponse:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    reason = str(error) if isinstance(error, ZhDealsError) else "an error of the service"
    return JSONResponse({"error": " ".join(reason.split())}, status)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    reason = str(error.detail).lower() if isinstance(error, HTTPException) else ""
    # What Starlette says of bytes that are no text, and of lists nested a thousand times.
    reason = "the body is not JSON" if "parsing the body" in reason else reason
    return JSONResponse({"error": reason}, status)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    """The first thing that is wrong with a request, and where."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    kind = str(first.get("type", ""))
    if kind == "json_invalid":
        return JSONResponse({"error": "the body is not JSON"}, 400)
    place = ".".join(str(part) for part in first.get("loc", ())[1:] if part not in ("one", "list"))
    message = str(first.get("msg", "")).removeprefix("Value error, ")
    text = " ".join(f"{place}: {message}".removeprefix(": ").split())
    return JSONResponse({"error": text if len(text) <= 300 else f"{text[:299]}…"}, 422)


# --- the service -------------------------------------------------------------------------------


@dataclass(slots=True)
class _State:
    """What the answers are made with."""

    workers: Workers
    store: DealStore | None
    gold: GoldFile | None


def create_app(
    settings: Settings = Settings(), *, on_ready: Callable[[], object] | None = None
) -> App:
    """The service as an ASGI application; ``on_ready`` is called when its workers have started.

    Raises UsageError where the store cannot be used.
    """
    store = open_deals(settings.store) if settings.store else None
    gold = GoldFile(settings.gold) if settings.gold else None
    state = _State(Workers(jobs, settings.workers, settings.seconds), store, gold)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await state.workers.start()
        if on_ready is not None:
            on_ready()
        yield
        await state.workers.stop()
        if state.store is not None:
            state.store.close()

    app = FastAPI(
        title="zhdeals",
        version=version("zhdeals"),
        summary="Chinese tech news to deal records, every value traceable to its words.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses={"4XX": {"model": Problem, "description": "refused, with one line"}},
    )
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(ZhDealsError, _on_error)
    app.add_exception_handler(Exception, _on_error)
    _add_reading(app, state)
    _add_keeping(app, state)
    _add_pages(app, state)
    return Guard(
        app,
        hosts=_served_hosts(settings.host),
        max_bytes=settings.max_bytes,
        seconds=settings.seconds,
    )


def _add_reading(app: FastAPI, state: _State) -> None:
    """What reads texts."""

    @app.post("/extract", response_model=ArticleDeals | list[ArticleDeals])
    async def extract(
        articles: Annotated[ArticlesIn, Body()],
        save: Annotated[bool, Query(description="Keep the records in the store.")] = False,
    ) -> Response:
        """The deals of a text, or of each text of a list, in the shape that `run` writes."""
        if save and state.store is None:
            raise UsageError("the service was started without --store")
        asked = articles if isinstance(articles, list) else [articles]
        lines = await state.workers.call("extract", [one.model_dump() for one in asked])
        if save and state.store is not None:
            for line in lines:
                await asyncio.to_thread(state.store.save, ArticleDeals.model_validate_json(line))
        content = f"[{','.join(lines)}]" if isinstance(articles, list) else lines[0]
        return Response(content, media_type=_JSON)

    @app.get("/amount", response_model=AmountOut)
    async def amount(
        text: Annotated[str, Query(min_length=1, max_length=200, examples=["近65亿美元"])],
    ) -> AmountOut:
        """The value of an amount of money in words."""
        money = parse_money(text)
        if money is None:
            raise ZhDealsError("is no amount of money", key="text")
        return AmountOut(min=money.min, max=money.max, currency=money.unit, modifier=money.modifier)

    @app.get("/health", response_model=Health)
    async def health() -> Health:
        """That the service runs."""
        return Health(status="ok", version=app.version)


def _add_keeping(app: FastAPI, state: _State) -> None:
    """What asks and fills the store and the gold file."""

    @app.get("/deals", response_model=Found)
    def deals(query: Annotated[DealQuery, Query()]) -> Response:
        """The deals of the store, the newest first, a page at a time."""
        if state.store is None:
            raise UsageError("the service was started without --store")
        return Response(state.store.find(query).model_dump_json(), media_type=_JSON)

    @app.post("/gold", response_model=Saved)
    def gold(article: GoldArticle) -> Saved:
        """Save an article with its corrected records as a line of gold.

        Every quotation must stand in the text. The line takes the place of the one that the article
        had; without --gold it is only made.
        """
        line = gold_line(article)
        if state.gold is None:
            return Saved(article_id=article.article_id, file=None, line=line)
        state.gold.save(article.article_id, line)
        return Saved(article_id=article.article_id, file=state.gold.path.name, line=line)


def _add_pages(app: FastAPI, state: _State) -> None:
    """The page and what it asks for itself."""
    files = {"/page.css": (f"{BASE}{STYLE}", "text/css"), "/page.js": (SCRIPT, "text/javascript")}

    @app.get("/", include_in_schema=False)
    async def home() -> HTMLResponse:
        return HTMLResponse(page())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(app.openapi()))

    @app.get("/page.css", include_in_schema=False)
    @app.get("/page.js", include_in_schema=False)
    async def file(request: Request) -> Response:
        content, kind = files[request.url.path]
        return Response(content, media_type=kind)

    @app.post("/page/read", include_in_schema=False)
    async def read(article: ArticleIn) -> JSONResponse:
        return JSONResponse(await state.workers.call("view", article.model_dump()))

    @app.post("/page/file", include_in_schema=False)
    async def read_file(
        request: Request, name: Annotated[str, Query(max_length=255)] = "file"
    ) -> JSONResponse:
        task = (name, await request.body(), MOST_ARTICLES)
        return JSONResponse(await state.workers.call("file", task))


# --- running -----------------------------------------------------------------------------------


def serve(settings: Settings, *, on_ready: Callable[[str], object]) -> None:
    """Run the service until it is interrupted; ``on_ready`` is given its address.

    Raises UsageError where the address is taken or the store cannot be used.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with _listen(settings.host, settings.port) as listening:
        address = f"http://{host}:{listening.getsockname()[1]}"
        app = create_app(settings, on_ready=lambda: on_ready(address))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            http="h11",
            ws="none",
            loop="asyncio",
            limit_concurrency=200,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=16_384,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # who comes before the workers have started waits
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {host}:{port}: {reason}") from error
    return listening
