"""A run that is disturbed from outside; a file of its own, so that it starts fast."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from extract.article import Article, read_drafts
from extract.batch import Options, Reader, Summary, resume
from extract.errors import ZhDealsError
from extract.records import ArticleDeals


@dataclass(frozen=True)
class StandIn:
    """A reader that notes what it reads, and does what the text says: crash, hang, fail."""

    log: str = os.devnull
    work: int = 0

    def __call__(self) -> Reader:
        return self.read

    def read(self, article: Article) -> ArticleDeals:
        content = article.text.encode()
        for _ in range(self.work):
            content = blake2b(content).digest()
        with open(self.log, "ab") as log:
            log.write(f"{article.article_id}\n".encode())
        if "崩溃" in article.text:
            os.kill(os.getpid(), signal.SIGKILL)
        while "停住" in article.text:
            pass
        if "坏" in article.text:
            raise ValueError("cannot be read")
        return ArticleDeals(article_id=article.article_id)


def job(
    inputs: Path, out: Path, log: str = os.devnull, *, workers: int = 1, work: int = 0
) -> Summary:
    """A run with long lines, so that it writes often."""
    drafts = read_drafts([inputs])
    reader = StandIn(log, work)
    return resume(drafts, reader, out, rules="r", options=Options(with_text=True), workers=workers)


if __name__ == "__main__":  # the run that is killed from outside
    print("begin", flush=True)
    try:
        job(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], workers=int(sys.argv[4]), work=600)
    except KeyboardInterrupt:
        sys.exit(130)
    except ZhDealsError as error:
        print(error, flush=True)
        sys.exit(2)
