"""Many machines: the stages of a run as a Ray Data pipeline.

Files are listed here, read by tasks, and their articles read by actors that load the pipeline once.
Results come back in the order of the input, so the output is the one of a run on one machine.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from extract.article import Draft, Failure, read_source
from extract.batch import (
    DEFAULT,
    Options,
    Outcome,
    Reader,
    Summary,
    Watch,
    beside,
    lost,
    read_one,
    whole_file,
    write_failures,
)
from extract.errors import UsageError
from extract.readers import DEFAULT_INTAKE, Intake, Places, carried
from extract.readers_open import STDIN, Source, needed, sources
from extract.workers import Pool, Work, cores, here

# What one task reads: enough to be worth the call, little enough to be spread over many machines.
_MOST_FILES: Final = 200
_MOST_BYTES: Final = 8_000_000
# About a second of work for an actor.
_MOST_CHARACTERS: Final = 200_000


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
    line: int | None
    ids: tuple[str, ...]
    outcome: Outcome


_Entry = tuple[_Place, Draft | Failure]
_Unit = tuple[Source | Failure, ...]
_Row = dict[str, Any]
_Do = Callable[[_Entry], _Result]


@dataclass(frozen=True, slots=True)
class MakePipeline:
    """Makes what reads articles, once in each actor; the lists of organisations may be left out.

    ``model`` is that of ``Pipeline``: a folder must be there on every machine, and an id is downloaded
    by each.
    """

    lexicon: bool = True
    model: bool | str | Path = True

    def __call__(self) -> Reader:
        """Load the pipeline."""
        from extract.pipeline import Pipeline

        return Pipeline(lexicon=self.lexicon, model=self.model).read_article


def run_ray(
    paths: Iterable[str],
    make_reader: Callable[[], Reader],
    out: Path,
    *,
    address: str | None = None,
    actors: int | None = None,
    intake: Intake = DEFAULT_INTAKE,
    options: Options = DEFAULT,
    timeout: float | None = None,
    watch: Watch | None = None,
) -> Summary:
    """Read files with Ray and write their deals as JSON Lines to a file, which appears whole.

    ``address`` is that of a cluster (``auto``, ``ray://host:10001``), where all machines must see
    the same files; without it Ray is started on this machine, and stopped again. ``actors`` is how
    many pipelines work at once, by default one for each core of the cluster. The lines are those of
    ``batch.run``, in the same order, and what failed stands in the same file beside them. Raises
    UsageError where there is no Ray.
    """
    summary = Summary()
    begin = time.perf_counter()
    intake = replace(intake, without=intake.without | _outputs(out))
    work = _work(make_reader, options, timeout)
    units = tuple(_units(sources(_files(paths), intake)))
    resolver = _Resolver(units, intake, work)
    failures: list[Failure] = []
    with whole_file(out) as stream, _ray(address, actors) as most:
        for result in _results(units, intake, work, most):
            outcome = resolver.take(result)
            stream.write(outcome.line.decode())
            failures += [outcome.failure] if outcome.failure else []
            summary.add(outcome)
            if watch is not None:
                watch(replace(outcome, line=b""))
    write_failures(iter(failures), out)
    summary.seconds = time.perf_counter() - begin
    return summary


def _outputs(out: Path) -> frozenset[str]:
    """What a run writes, which may lie in a folder that it reads."""
    return frozenset(os.path.realpath(path) for path in (out, beside(out, "failed.jsonl")))


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
        for position, found in enumerate(_found(source, intake)):
            yield _Place(number, file, position), found


def _found(source: Source | Failure, intake: Intake) -> Iterable[Draft | Failure]:
    return [source] if isinstance(source, Failure) else read_source(source, intake)


# --- stages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ReadUnit:
    """Stage one, a task: a unit to rows of some drafts each."""

    intake: Intake

    def __call__(self, row: _Row) -> Iterator[_Row]:
        number, unit = pickle.loads(row["unit"])
        chunk: list[_Entry] = []
        size = 0
        for entry in _entries(number, unit, self.intake):
            chunk.append(entry)
            size += _size(entry)
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

    def __init__(self, work: Work[_Entry, _Result]) -> None:
        again = needed("ray", "ray").get_runtime_context().was_current_actor_reconstructed
        self._work = work if again else replace(work, make=_Made(work.make()))
        self._again = again

    def __call__(self, row: _Row) -> _Row:
        entries: list[_Entry] = pickle.loads(row["entries"])
        done = Pool(self._work, 1).results if self._again else partial(here, work=self._work)
        return {"results": pickle.dumps([result for _entry, result in done(entries)])}


@dataclass(frozen=True, slots=True)
class _Made:
    """Gives what is made already."""

    do: _Do

    def __call__(self) -> _Do:
        return self.do


@dataclass(frozen=True, slots=True)
class _Make:
    """Makes what turns drafts into results."""

    make_reader: Callable[[], Reader]
    options: Options

    def __call__(self) -> _Do:
        return partial(_read, self.make_reader(), self.options)


def _work(
    make_reader: Callable[[], Reader], options: Options, timeout: float | None
) -> Work[_Entry, _Result]:
    return Work(_Make(make_reader, options), _size, _lost, timeout)


def _read(reader: Reader, options: Options, entry: _Entry) -> _Result:
    return _result(entry, read_one(_named(entry[1]), reader, options))


def _lost(entry: _Entry, reason: str) -> _Result:
    return _result(entry, lost(_named(entry[1]), reason))


def _named(found: Draft | Failure) -> Draft | Failure:
    """A draft under the first of its ids."""
    return replace(found, ids=(carried(found.ids[0]),)) if isinstance(found, Draft) else found


def _result(entry: _Entry, outcome: Outcome) -> _Result:
    place, found = entry
    ids = found.ids if isinstance(found, Draft) else ()
    return _Result(place, found.source, found.line, ids, outcome)


def _size(entry: _Entry) -> int:
    return 100 + (entry[1].size() if isinstance(entry[1], Draft) else 0)


# --- ids ---------------------------------------------------------------------------------------


class _Resolver:
    """Sees to it that no id stands twice, in the order of the input.

    An id that is taken is rare; its article is read again here, under the next id it may have.
    """

    def __init__(
        self, units: tuple[_Unit, ...], intake: Intake, work: Work[_Entry, _Result]
    ) -> None:
        self._units = units
        self._intake = intake
        self._work = work
        self._do: _Do | None = None
        self._taken = Places()

    def take(self, result: _Result) -> Outcome:
        """The outcome under an id of its own."""
        if not result.ids:
            return result.outcome
        ids = [carried(one) for one in result.ids]
        free = next((one for one in ids if one not in self._taken), None)
        if free is None:
            reason = f"the id {result.ids[0]!r} stands twice"
            return Outcome(b"", failure=Failure(result.source, result.line, reason))
        self._taken[free] = 1
        return result.outcome if free == ids[0] else self._again(result, free)

    def _again(self, result: _Result, article_id: str) -> Outcome:
        place = result.place
        found = _found(self._units[place.unit][place.file], self._intake)
        draft = next(islice(found, place.number, None), None)
        if not isinstance(draft, Draft):
            reason = "has changed while it was read"
            return Outcome(b"", failure=Failure(result.source, result.line, reason, article_id))
        self._do = self._do or self._work.make()
        return self._do((place, replace(draft, ids=(article_id,)))).outcome


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
        with warnings.catch_warnings():
            # More actors than a small input needs are no fault.
            warnings.filterwarnings("ignore", "The minimum number of concurrent actors")
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
    units: tuple[_Unit, ...], intake: Intake, work: Work[_Entry, _Result], actors: int
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
            fn_constructor_args=(work,),
            compute=data.ActorPoolStrategy(size=actors),
            num_cpus=1,
        )
    )
    for row in dataset.iter_rows():
        yield from pickle.loads(row["results"])


def _set_context(context: Any) -> None:
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    # A row a block, so that the actors share the rows of a file, begin before it is read to its end,
    # and memory stays flat.
    context.target_max_block_size = _MOST_CHARACTERS
    context.target_min_block_size = 1
    logging.getLogger("ray.data").setLevel(logging.ERROR)
