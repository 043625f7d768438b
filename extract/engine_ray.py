"""Many machines: the stages of a run as a Ray Data pipeline.

Files are listed here, read by tasks, and their articles read by actors that load the pipeline once.
Results come back in the order of the input, so the output is the one of a run on one machine.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from extract.article import Draft, Failure, finish
from extract.article import _guarded as read_source
from extract.errors import UsageError
from extract.readers import Intake, Places, carried
from extract.readers_open import STDIN, Source, needed, sources
from extract.sinks import text_file
from extract.workers import Pool, Work, cores, here

if TYPE_CHECKING:
    from extract.article import Article
    from extract.records import ArticleDeals

Reader = Callable[["Article"], "ArticleDeals"]

# What one task reads: enough to be worth the call, little enough to be spread over many machines.
_MOST_FILES: Final = 200
_MOST_BYTES: Final = 8_000_000
# About a second of work for an actor.
_MOST_CHARACTERS: Final = 400_000


@dataclass(frozen=True, slots=True)
class MakePipeline:
    """Makes the reader of articles, once in each actor; lists of organisations may be left out."""

    lexicon: bool = True

    def __call__(self) -> Reader:
        """Load the pipeline."""
        from extract.pipeline import Pipeline

        return Pipeline(lexicon=self.lexicon).read_article


@dataclass(frozen=True, slots=True)
class Settings:
    """How articles are read, and what of them is written.

    ``make_reader`` must be picklable: a function of a module or a frozen dataclass. Deals of less
    than ``min_confidence`` are left out; an article that takes more than ``timeout`` seconds is.
    """

    make_reader: Callable[[], Reader] = MakePipeline()
    min_confidence: float = 0.0
    with_text: bool = False
    timeout: float | None = None


DEFAULTS: Final = Settings()
AS_IT_COMES: Final = Intake()


@dataclass(frozen=True, slots=True)
class RayRun:
    """What a run did; ``characters`` are those of the articles read, ``seconds`` wall time."""

    articles: int
    deals: int
    failures: tuple[Failure, ...]
    characters: int
    seconds: float

    def line(self) -> str:
        """The summary in a line."""
        speed = self.characters / self.seconds if self.seconds else 0.0
        return (
            f"{self.articles} articles, {self.deals} deals, {len(self.failures)} failures, "
            f"{self.characters} characters in {self.seconds:.2f} s ({speed:,.0f}/s)"
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an article stands: the unit of work, the file in it, and its number in the file."""

    unit: int
    file: int
    number: int


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of a draft under the first of its ids, which may turn out to be taken."""

    place: _Place
    source: str
    line_number: int | None
    ids: tuple[str, ...]
    line: str = ""
    deals: int = 0
    characters: int = 0
    failure: Failure | None = None


_Entry = tuple[_Place, Draft | Failure]
_Unit = tuple[Source | Failure, ...]
_Row = dict[str, Any]


def run_ray(
    paths: Iterable[str],
    out: str,
    *,
    address: str | None = None,
    intake: Intake = AS_IT_COMES,
    settings: Settings = DEFAULTS,
    actors: int | None = None,
) -> RayRun:
    """Read files with Ray and write their deals as JSON Lines to the file ``out``.

    ``address`` is that of a cluster (``auto``, ``ray://host:10001``), where all machines must see
    the same files; without it Ray is started on this machine, and stopped again. ``actors`` is how
    many pipelines work at once, by default one for each core of the cluster. The lines and failures
    are those of a run on one machine, in the same order. Raises UsageError where there is no Ray.
    """
    begin = time.perf_counter()
    units = tuple(_units(sources(_files(paths), intake)))
    resolved = _Resolver(units, intake, settings)
    with text_file(out) as stream, _ray(address, actors) as size:
        for result in _results(units, intake, settings, size):
            stream.write(resolved.take(result))
    return resolved.summary(time.perf_counter() - begin)


def _files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path == STDIN:
            raise UsageError("other machines cannot read standard input", key=path)
        yield path


# --- units of work -----------------------------------------------------------------------------


def _units(found: Iterable[Source | Failure]) -> Iterator[_Unit]:
    """Files that are read together: many small ones, or one large one."""
    unit: list[Source | Failure] = []
    size = 0
    for one in found:
        unit.append(one)
        # A packed file may hold anything.
        size += _MOST_BYTES if isinstance(one, Source) and one.size is None else _size_of(one)
        if size >= _MOST_BYTES or len(unit) >= _MOST_FILES:
            yield tuple(unit)
            unit, size = [], 0
    if unit:
        yield tuple(unit)


def _size_of(one: Source | Failure) -> int:
    return (one.size or 0) if isinstance(one, Source) else 0


def _parts(unit: _Unit) -> int:
    """How many actors can work on a unit at once, a packed file taken for a large one."""
    sizes = (
        _MOST_BYTES if one.size is None else one.size for one in unit if isinstance(one, Source)
    )
    return 1 + sum(sizes) // (3 * _MOST_CHARACTERS)


def _entries(number: int, unit: _Unit, intake: Intake) -> Iterator[_Entry]:
    """All that the files of a unit hold, each with its place."""
    for file, source in enumerate(unit):
        found = [source] if isinstance(source, Failure) else read_source(source, intake)
        for position, one in enumerate(found):
            yield _Place(number, file, position), one


# --- stages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ReadUnit:
    """Stage one, a task: a unit to rows of some drafts each."""

    intake: Intake

    def __call__(self, row: _Row) -> Iterator[_Row]:
        number, unit = pickle.loads(row["unit"])
        chunk: list[_Entry] = []
        size = 0
        for place, found in _entries(number, unit, self.intake):
            chunk.append((place, found))
            size += _size((place, found))
            if size >= _MOST_CHARACTERS:
                yield {"entries": pickle.dumps(chunk)}
                chunk, size = [], 0
        if chunk:
            yield {"entries": pickle.dumps(chunk)}


class _ReadArticles:
    """Stage two, an actor: drafts to results, by a pipeline that is loaded once.

    Where an article has killed the actor, Ray starts it again and gives it the same drafts: from
    then on they are read by a process of its own, and what kills that is known and left out.
    """

    def __init__(self, settings: Settings) -> None:
        self._work = _work(settings)
        self._again = needed("ray", "ray").get_runtime_context().was_current_actor_reconstructed
        if not self._again:
            self._work = replace(self._work, make=_Made(self._work.make()))

    def __call__(self, row: _Row) -> _Row:
        entries: list[_Entry] = pickle.loads(row["entries"])
        done = Pool(self._work, 1).results if self._again else partial(here, work=self._work)
        return {"results": pickle.dumps([result for _entry, result in done(entries)])}


Do = Callable[["_Entry"], "_Result"]


@dataclass(frozen=True, slots=True)
class _Made:
    """Gives what is made already."""

    do: Do

    def __call__(self) -> Do:
        return self.do


@dataclass(frozen=True, slots=True)
class _Make:
    """Makes what turns drafts into results."""

    settings: Settings

    def __call__(self) -> Do:
        return partial(_result, self.settings.make_reader(), self.settings)


def _work(settings: Settings) -> Work[_Entry, _Result]:
    return Work(make=_Make(settings), size=_size, lost=_lost, timeout=settings.timeout)


def _size(entry: _Entry) -> int:
    return entry[1].size() if isinstance(entry[1], Draft) else 100


def _lost(entry: _Entry, reason: str) -> _Result:
    place, found = entry
    return _failed(_blank(place, found), reason)


def _blank(place: _Place, found: Draft | Failure) -> _Result:
    ids = tuple(map(carried, found.ids)) if isinstance(found, Draft) else ()
    return _Result(place, found.source, found.line, ids)


def _failed(blank: _Result, reason: str) -> _Result:
    failure = Failure(blank.source, blank.line_number, reason, blank.ids[0] if blank.ids else None)
    return replace(blank, failure=failure)


def _result(reader: Reader, settings: Settings, entry: _Entry) -> _Result:
    place, found = entry
    blank = _blank(place, found)
    if isinstance(found, Failure):
        return replace(blank, failure=found)
    article = finish(replace(found, ids=blank.ids[:1]))
    if isinstance(article, Failure):
        return replace(blank, failure=article)
    try:
        told = _kept(reader(article), article, settings)
    except Exception as error:  # one article that cannot be read must not end the run
        return _failed(blank, f"{type(error).__name__}: {error}".split("\n", 1)[0])
    line = f"{told.model_dump_json()}\n"
    return replace(blank, line=line, deals=len(told.deals), characters=len(article.text))


def _kept(found: ArticleDeals, article: Article, settings: Settings) -> ArticleDeals:
    deals = tuple(deal for deal in found.deals if deal.confidence >= settings.min_confidence)
    text = article.text if settings.with_text else None
    return found.model_copy(update={"deals": deals, "text": text})


# --- ids ---------------------------------------------------------------------------------------


class _Resolver:
    """Sees to it that no id stands twice, in the order of the input, and counts.

    An id that is taken is rare; its article is read again here, under the next id it may have.
    """

    def __init__(self, units: tuple[_Unit, ...], intake: Intake, settings: Settings) -> None:
        self._units = units
        self._intake = intake
        self._work = _work(settings)
        self._do: Do | None = None
        self._taken = Places()
        self._failures: list[Failure] = []
        self._articles = self._deals = self._characters = 0

    def take(self, result: _Result) -> str:
        """The line of a result; empty where it is a failure."""
        free = [one for one in result.ids if one not in self._taken]
        if result.ids and not free:
            reason = f"the id {result.ids[0]!r} stands twice"
            result = replace(result, failure=Failure(result.source, result.line_number, reason))
        elif free and free[0] != result.ids[0]:
            result = self._again(result, free[0])
        if free:
            self._taken[free[0]] = 1
        return self._counted(result)

    def _counted(self, result: _Result) -> str:
        if result.failure is not None:
            self._failures.append(result.failure)
            return ""
        self._articles += 1
        self._deals += result.deals
        self._characters += result.characters
        return result.line

    def _again(self, result: _Result, article_id: str) -> _Result:
        place = result.place
        source = self._units[place.unit][place.file]
        found = [source] if isinstance(source, Failure) else read_source(source, self._intake)
        draft = next(islice(found, place.number, None), None)
        if not isinstance(draft, Draft):
            return _failed(result, "has changed while it was read")
        self._do = self._do or self._work.make()
        return self._do((place, replace(draft, ids=(article_id,))))

    def summary(self, seconds: float) -> RayRun:
        """What was taken."""
        failures = tuple(self._failures)
        return RayRun(self._articles, self._deals, failures, self._characters, seconds)


# --- Ray ---------------------------------------------------------------------------------------


@contextmanager
def _ray(address: str | None, actors: int | None) -> Iterator[int]:
    """Ray, started or joined, and left as it was found; gives the number of actors to use."""
    # Ray would report how it is used, and this program opens no connection of its own.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray = needed("ray", "ray")
    needed("ray.data", "ray")
    joined = ray.is_initialized()
    if not joined:
        _start(ray, address, actors)
    try:
        yield actors or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        if not joined:
            ray.shutdown()


def _start(ray: Any, address: str | None, actors: int | None) -> None:
    quiet: Mapping[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            ray.init(num_cpus=actors or cores(), include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UsageError(str(error).split("\n", 1)[0], key="--address") from error


def _results(
    units: tuple[_Unit, ...], intake: Intake, settings: Settings, actors: int
) -> Iterator[_Result]:
    """The results of all units in their order."""
    if not units:
        return
    data = needed("ray.data", "ray")
    _set_context(data.DataContext.get_current())
    actors = min(actors, sum(map(_parts, units)))
    rows = [{"unit": pickle.dumps(unit)} for unit in enumerate(units)]
    blocks = min(len(rows), max(200, 4 * actors))
    # Reading takes a tenth of the time: its tasks claim no core, so they cannot starve the actors
    # of one, nor be starved, on a machine that has few.
    dataset = (
        data.from_items(rows, override_num_blocks=blocks)
        .flat_map(
            _ReadUnit(intake), compute=data.TaskPoolStrategy(size=max(1, actors // 4)), num_cpus=0
        )
        .map(
            _ReadArticles,
            fn_constructor_args=(settings,),
            compute=data.ActorPoolStrategy(size=actors),
            num_cpus=1,
        )
    )
    for row in dataset.iter_rows():
        yield from pickle.loads(row["results"])


def _set_context(context: Any) -> None:
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    # Small blocks, so that the actors begin before a large file is read, and memory stays flat.
    context.target_max_block_size = 4_000_000
    context.target_min_block_size = 1
    logging.getLogger("ray.data").setLevel(logging.ERROR)
