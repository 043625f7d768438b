"""HTML that is safe by its making: everything is escaped, but what was made here as markup.

A page carries its own style and script and a policy that allows nothing else: no request leaves it,
and a script that came in with a text would not run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from extract.errors import UsageError


class Markup(str):
    """A string that is HTML already; made by ``tag``, ``join`` and ``escape`` alone."""

    __slots__ = ()


_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
)
# Lone surrogates cannot be written as UTF-8; control characters and non-characters are no HTML.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})


def escape(text: object) -> Markup:
    """Any text as HTML; what cannot stand in a page becomes U+FFFD. Markup stays as it is."""
    if isinstance(text, Markup):
        return text
    return Markup(_UNFIT.sub("\ufffd", str(text)).translate(_ESCAPES))


def join(*parts: object) -> Markup:
    """Texts and markup, one after the other."""
    return Markup("".join(map(escape, parts)))


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """An element: ``tag("p", "1 < 2", class_="note")`` is ``<p class="note">1 &lt; 2</p>``.

    An underscore in the name of an attribute is a hyphen, one at its end is dropped. An attribute
    that is True stands alone, one that is False or None is left out. Links, handlers and styles
    are no attributes here: a page needs none of them.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not the name of an element")
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{join(*content)}</{name}>")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name) or name.startswith("on") or name in {"href", "src", "style"}:
        raise UsageError(f"{name!r} is not an attribute that may be set")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(value)}"'


def page(title: str, *content: object, style: str = "", script: str = "", lang: str = "") -> Markup:
    """A whole page. ``style`` and ``script`` are code of the caller's own, never made of data."""
    for code in (style, script):
        if "</" in code or "<!--" in code:
            raise UsageError("style and script must not hold tags")
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        Markup(f"<style>{style}</style>") if style else "",
    )
    end = Markup(f"<script>{script}</script>") if script else ""
    body = join(tag("head", head), tag("body", *content, end))
    return Markup(f"<!doctype html>\n{tag('html', body, lang=lang or None)}\n")


def _policy(style: str, script: str) -> str:
    """Nothing but this very style and this very script."""
    allowed = [("style-src", style), ("script-src", script)]
    rules = [f"{rule} {_hash(code)}" for rule, code in allowed if code]
    return "; ".join(["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"])


def _hash(code: str) -> str:
    digest = hashlib.sha256(code.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
