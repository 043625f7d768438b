"""How the service holds under load: clients that ask without a pause, errors, latency, memory.

usage: python tests/bench/serve_load.py [--seconds 60] [--clients 8] [--workers N] [--hostile 20]

A service of its own is started. Each client sends articles of the corpus to ``POST /extract``, one by
one, and every so many a request that must be refused. Printed are the requests, those that were not
answered as they must be, requests a second, latency, and the memory of all processes of the service
after a tenth of the time and at the end. Exit code 1 says that there were errors.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from serving import ROOT, Service, running

HOSTILE = (
    (b"{", "application/json", 400),
    (b"[" * 50_000, "application/json", 400),
    (b'{"text": 1}', "application/json", 422),
    (b"x" * 3_000_000, "application/json", 413),
    (b"{}", "text/plain", 415),
)


@dataclass
class Tally:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


def articles() -> list[bytes]:
    """The articles of the corpus as bodies of requests."""
    lines = (ROOT / "corpus" / "articles.jsonl").read_text("utf-8").splitlines()
    return [
        json.dumps({key: json.loads(line)[key] for key in ("text", "published")}).encode()
        for line in lines
    ]


def ask(address: str, body: bytes, kind: str) -> int:
    """The status of one request on a connection of its own."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request("POST", "/extract", body, {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def client(service: Service, number: int, tally: Tally, until: float, hostile: int) -> None:
    """Ask until the time is over."""
    bodies = articles()
    good = cycle(bodies[number:] + bodies[:number])
    bad = cycle(HOSTILE)
    for count in itertools.count(1):
        if time.monotonic() >= until:
            return
        refuse = hostile and count % hostile == 0
        body, kind, wanted = next(bad) if refuse else (next(good), "application/json", 200)
        began = time.monotonic()
        try:
            status = ask(service.address, body, kind)
        except (OSError, HTTPException) as error:
            tally.errors.append(f"{wanted}: {error!r}")
            continue
        if status != wanted:
            tally.errors.append(f"{wanted}: got {status}")
        elif refuse:
            tally.refused += 1
        else:
            tally.seconds.append(time.monotonic() - began)


def memory(pid: int) -> int:
    """Kilobytes that a process and its children hold; 0 where the system does not tell."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(
                line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line
            )
        except OSError:
            continue  # it ended while we looked
        if pid in (int(told["Pid"]), int(told["PPid"])):
            total += int(told.get("VmRSS", "0 kB").split()[0])
    return total


def load(service: Service, *, seconds: float, clients: int, hostile: int) -> Tally:
    """Ask with that many clients at once for that long."""
    tally = Tally()
    began = time.monotonic()
    threads = [
        threading.Thread(target=client, args=(service, n, tally, began + seconds, hostile))
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    threads[0].join(seconds / 10)
    tally.memory.append(memory(service.pid))
    for thread in threads:
        thread.join()
    tally.memory.append(memory(service.pid))
    return tally


def shown(tally: Tally, seconds: float) -> str:
    """The figures in a few lines."""
    times = sorted(tally.seconds)
    share = [
        1000 * times[min(int(len(times) * part), len(times) - 1)] for part in (0.5, 0.95, 0.99)
    ]
    return (
        f"{len(times)} texts read, {tally.refused} requests refused as they must be, "
        f"{len(tally.errors)} errors\n"
        f"{len(times) / seconds:.0f} texts a second; latency p50 {share[0]:.0f} ms, "
        f"p95 {share[1]:.0f} ms, p99 {share[2]:.0f} ms, most {1000 * times[-1]:.0f} ms\n"
        f"memory {tally.memory[0] / 1024:.0f} MB, at the end {tally.memory[1] / 1024:.0f} MB"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a service, load it, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hostile", type=int, default=20, help="every so many; 0 for none")
    told = parser.parse_args(arguments)
    with running("--workers", str(told.workers)) as service:
        tally = load(service, seconds=told.seconds, clients=told.clients, hostile=told.hostile)
    print(shown(tally, told.seconds))
    for error in tally.errors[:5]:
        print(error)
    return 1 if tally.errors else 0


if __name__ == "__main__":
    sys.exit(main())
