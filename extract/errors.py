"""The errors of the package: one base, few children, each saying where."""

from __future__ import annotations


class ZhDealsError(Exception):
    """Base of every error the package raises on purpose.

    ``where`` names the place (a file, or a file and a line), ``key`` the field or entry; ``str()``
    is one line fit to be shown to a user.
    """

    def __init__(
        self, message: str, *, file: str = "", line: int | None = None, key: str = ""
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.key = key
        place = f"{file}:{line}" if file and line is not None else file
        super().__init__(": ".join(part for part in (place, key, message) if part))


class SeedError(ZhDealsError):
    """A rule or lexicon file in ``seeds/`` that cannot be used as it stands."""


class ArticleError(ZhDealsError):
    """An input that cannot be read as an article."""


class GoldError(ZhDealsError):
    """A gold or output file that is not what ANNOTATION says, or no gold at all."""


class UsageError(ZhDealsError):
    """Options or arguments that do not go together."""
