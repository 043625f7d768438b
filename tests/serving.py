"""A service of its own process, for tests and benches: started, asked, ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, and the body as JSON, or as text where it is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Service:
    """A service that runs, by its address and its process."""

    address: str
    pid: int

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; what is not bytes is sent as JSON."""
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        told = {"Content-Type": "application/json"} if raw is not None else {}
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        try:
            connection.request(method, path, raw, {**told, **(headers or {})})
            answer = connection.getresponse()
            return _answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


def _answer(status: int, headers: dict[str, str], content: bytes) -> Answer:
    named = {name.lower(): value for name, value in headers.items()}
    text = content.decode()
    is_json = named.get("content-type", "").startswith("application/json")
    return Answer(status, named, json.loads(text) if is_json else text)


@contextmanager
def running(*options: str) -> Iterator[Service]:
    """A service with these options, on a port that is free."""
    command = [sys.executable, "-m", "extract", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "LANG": "C.UTF-8"}
    )
    try:
        if process.stderr is None:
            raise RuntimeError("the service has no stderr")
        address = process.stderr.readline().strip()  # printed when its workers have started
        if not address.startswith("http://"):
            raise RuntimeError(f"the service did not start: {address} {process.stderr.read()}")
        yield Service(address, process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=30)
