"""zhdeals as components of a spaCy pipeline: ``nlp = extract.load()``, ``nlp(text)._.deals``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry

from extract.doc import Tokenizer, annotate, published_of, register_extensions, set_deals
from extract.pipeline import Analysis, analyse, find_deals, no_tagger, read_deals, usual_tagger
from extract.reading import Reading

TOKENIZER: Final = "zhdeals.tokenizer.v1"
COMPONENTS: Final = ("zhdeals_mentions", "zhdeals_deals")

# Hooks are the one place of a Doc that is never written with it, as an analysis cannot be.
_HOOK: Final = "zhdeals.analysis"


def load(*, lexicon: bool = True, model: bool = True) -> Language:
    """A spaCy pipeline that reads deals: our tokenizer, mentions and cues, deals.

    ``lexicon=False`` leaves the lists of organisations out, ``model=False`` the model. The day of publication is
    ``doc._.published``, set on a Doc of ``nlp.make_doc(text)``, or the ``published`` of a context:
    ``nlp.pipe([("软银收购Ampere。", {"published": "2025-03-20"})], as_tuples=True)``.
    """
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    for name in COMPONENTS:
        nlp.add_pipe(name, config={"lexicon": lexicon, "model": model})
    return nlp


def make_tokenizer() -> Callable[[Language], Tokenizer]:
    """What the configuration of a pipeline names as its tokenizer."""
    return _tokenizer


def _tokenizer(nlp: Language) -> Tokenizer:
    return Tokenizer(nlp.vocab)


registry.tokenizers(TOKENIZER, func=make_tokenizer)


class Mentions:
    """Writes ``doc.spans["mentions"]`` and ``doc.spans["cues"]``, and cuts tokens at their ends."""

    def __init__(self, *, lexicon: bool = True, model: bool = True) -> None:
        self._lexicon = lexicon
        self._model = model
        register_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """The Doc with its spans; the analysis stays on it for the deals."""
        _take_context(doc)
        analysis = analyse(
            doc._.article_id,
            doc.text,
            published_of(doc),
            lexicon=self._lexicon,
            tagger=usual_tagger() if self._model else None,
        )
        annotate(doc, analysis.reading, analysis.names.mentions, analysis.hits)
        doc.user_hooks[_HOOK] = lambda _: analysis
        return doc


class Deals:
    """Writes ``doc._.deals``, from the analysis of ``Mentions`` where that has run."""

    def __init__(self, *, lexicon: bool = True, model: bool = True) -> None:
        self._lexicon = lexicon
        self._model = model
        register_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """The Doc with its deals."""
        _take_context(doc)
        name, published = doc._.article_id, published_of(doc)
        analysis = _analysis(doc)
        if analysis and _is_of(analysis.reading, name, published):
            found = find_deals(analysis)
        else:
            tagger = usual_tagger if self._model else no_tagger
            found = read_deals(name, doc.text, published, lexicon=self._lexicon, tagger=tagger)
        set_deals(doc, found)
        return doc


def _analysis(doc: Doc) -> Analysis | None:
    hook = doc.user_hooks.pop(_HOOK, None)
    return hook(doc) if hook else None


def _is_of(reading: Reading, article_id: str, published: str | None) -> bool:
    """Whether a reading is still that of the Doc, whose attributes may have been set since."""
    return (reading.article_id, reading.published) == (article_id, published)


def _take_context(doc: Doc) -> None:
    """Take ``published`` and ``article_id`` from the context that ``nlp.pipe`` gives a Doc."""
    context = getattr(doc, "_context", None)
    if not isinstance(context, Mapping):
        return
    for name in ("published", "article_id"):
        if context.get(name):
            doc._.set(name, context[name])


@Language.factory(
    "zhdeals_mentions",
    assigns=["doc.spans", "span._.mention"],
    default_config={"lexicon": True, "model": True},
    retokenizes=True,
)
def make_mentions(nlp: Language, name: str, lexicon: bool, model: bool) -> Mentions:
    """The component ``zhdeals_mentions``."""
    return Mentions(lexicon=lexicon, model=model)


@Language.factory(
    "zhdeals_deals", assigns=["doc._.deals"], default_config={"lexicon": True, "model": True}
)
def make_deals(nlp: Language, name: str, lexicon: bool, model: bool) -> Deals:
    """The component ``zhdeals_deals``."""
    return Deals(lexicon=lexicon, model=model)
