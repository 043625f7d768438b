"""Text to tokens to a spaCy Doc: jieba's dictionary and algorithm, cut at the edges of mentions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

Cutter = Callable[[str], list[str]]


@cache
def cutter() -> Cutter:
    """The fastest cutter that is installed; all give jieba's cuts without its HMM.

    The HMM guesses words that no dictionary has and so joins characters of neighbouring names;
    names are found on characters here, so the plain dictionary cut is the one that is wanted.
    """
    try:
        import rjieba
    except ImportError:
        return jieba_cutter()
    return lambda text: list(rjieba.cut(text, hmm=False))


@cache
def jieba_cutter() -> Cutter:
    """The reference implementation, a Tokenizer of its own so that the global one stays as it is."""
    import logging

    import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    return lambda text: list(tokenizer.cut(text, HMM=False))


def cut(text: str, edges: Iterable[int] = ()) -> list[str]:
    """The tokens of a text; their concatenation is the text. Every edge is a token border.

    >>> cut("超微以49亿美元收购ZT Systems", edges=[10, 20])
    ['超微', '以', '49', '亿美元', '收购', 'ZT', ' ', 'Systems']
    """
    words = cutter()(text)
    inner = sorted({edge for edge in edges if 0 < edge < len(text)})
    return list(_cut_at(words, inner)) if inner else words


def _cut_at(words: list[str], edges: list[int]) -> Iterator[str]:
    position = 0
    coming = iter(edges)
    edge = next(coming, None)
    for word in words:
        end = position + len(word)
        while edge is not None and edge < end:
            if edge > position:
                yield word[: edge - position]
                word = word[edge - position :]
                position = edge
            edge = next(coming, None)
        yield word
        position = end


def borders(words: Iterable[str]) -> set[int]:
    """The offsets at which tokens begin, and the end of the text."""
    return set(accumulate(map(len, words), initial=0))


def make_doc(vocab: Vocab, words: list[str]) -> Doc:
    """A Doc whose ``text`` is the concatenation of the words; a single space hangs on its word."""
    from spacy.tokens import Doc

    tokens: list[str] = []
    spaces: list[bool] = []
    for word in words:
        if word == " " and tokens and not spaces[-1] and not tokens[-1].isspace():
            spaces[-1] = True
        else:
            tokens.append(word)
            spaces.append(False)
    return Doc(vocab, words=tokens, spaces=spaces)
