"""Numbers as Chinese text writes them: 一亿三千万, 3.5亿, 1,100亿, 3千5百万, 数十亿, 十几亿, 2 billion.

``ARABIC``, ``HAN`` and ``ENGLISH`` are the wordings as regular expressions, for folded text (see
``extract.text``) and bounded in length, so that larger patterns can hold them and stay linear.
``read_numeral`` gives a wording its value. Nothing here knows about units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import lru_cache
from typing import Literal

from extract.text import fold

NumeralModifier = Literal["exact", "approx", "at_least", "range", "vague"]

HAN_DIGITS = "零〇一二三四五六七八九两"
SMALL_SCALES = "十百千"
LARGE_SCALES = "万亿兆"
FORMAL = "壹贰叁肆伍陆柒捌玖拾佰仟"

# The longest run of digits that is still a number somebody means.
_WHOLE, _FRACTION = 18, 12
# What 千 and 兆 belong to rather than to a number: 兆瓦, 千克.
_OTHERS = "[瓦伏赫米克焦帕字比卡]"
_SCALE = rf"(?:[十万亿]|百(?!分点)|[千兆](?!{_OTHERS}))"
_SPACE = r"[ \t\n]{0,2}"
# 余 and 来 belong to the number in 3亿余元 and to the next word in 3亿余额, 3亿来自.
_WITH_MORE = "余(?![额下波])|几(?![乎近经何])|来(?![自到源临往])"
_MORE = rf"(?:{_WITH_MORE}|\+|多(?!米尼加))"

WHOLE = rf"(?:\d{{1,3}}(?:[,，]\d{{3}}){{1,6}}(?![,，]?\d)|\d{{1,{_WHOLE}}}+(?!\d))"
# 1点5亿 is 1.5亿; 8点30 is a time of day.
POINT = r"(?:\.|点(?=\d{1,6}[ \t\n]?[百千万亿兆]))"
DECIMAL = rf"{WHOLE}(?:{POINT}\d{{1,{_FRACTION}}}+(?!\d))?"
ARABIC_TAIL = rf"""
    (?: {_SPACE}(?:{_MORE}|个多?(?=亿))? {_SPACE}{_SCALE}{{1,4}}
        (?: {_SPACE}{DECIMAL}{_SPACE}{_SCALE}{{1,4}} ){{0,4}}
        (?:{_MORE}{_SCALE}{{0,2}}|半(?![年天个导]))?
      | {_MORE}(?!自|源)
      | 位数
    )
"""
# 500w is 500万 where money follows, else 500 watts.
ENGLISH = r"""
    (?: (?i:trillion|billion|million|thousand|tn|bn|mln|mn|mm|[tbmk])(?![A-Za-z])
      | [wW](?=[ ]?(?:元|块|刀|人民币|(?:美|港|台|日|欧|英)[元金币刀镑]|RMB)) )
"""
ARABIC = rf"(?:{DECIMAL}(?:{ARABIC_TAIL}|{_SPACE}{ENGLISH})?)"
HAN_START = f"一二三四五六七八九两十百千万亿兆几数半{FORMAL[:9]}"
HAN_BODY = rf"(?:[{HAN_DIGITS}{FORMAL}点半数多]|{_WITH_MORE}|{_SCALE}|个(?=多?亿))"
# Behind the first character: 千 and 兆 may not begin 千瓦, 兆赫.
HAN_REST = rf"(?!(?<=[千兆]){_OTHERS}){HAN_BODY}{{0,23}}(?:位数)?"
HAN = rf"(?:[{HAN_START}]{HAN_REST})"

_POWER = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8, "兆": 12}
_ENGLISH_POWER = {
    "k": 3, "thousand": 3, "w": 4, "m": 6, "mm": 6, "mn": 6, "mln": 6, "million": 6,
    "b": 9, "bn": 9, "billion": 9, "t": 12, "tn": 12, "trillion": 12,
}  # fmt: skip
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLAIN_FORM = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟〇", "一二三四五六七八九十百千零")

_PLAIN = re.compile(r"([\d,，]+)(?:\.(\d+))?[ \t\n]*([十百千万亿兆]*)")
_FOREIGN = re.compile(r"([\d,，]+)(?:\.(\d+))?[ \t\n]*([A-Za-z]+)")
_ODD_POINT = re.compile(r"(?<=\d)点(?=\d)")
_PLACES = re.compile(rf"(\d{{1,2}}|[{HAN_DIGITS}十]{{1,3}})位数")
_POINT = re.compile(r"([零一二三四五六七八九十两]+)点([零一二三四五六七八九]+)")
_IDLE = re.compile(r"[ \t\n]|个(?=多?亿)")
_POSITIONAL = re.compile(r"[零一二三四五六七八九]{3,}")
_PAIR = re.compile(
    r"(?<![一二两三四五六七八九])(?=一[两二]|[二两]三|三[四五]|四五|五六|六七|七八|八九)(.)(.)(?=[十百千万亿兆]|$)"
)
_TOKEN = re.compile(r"[\d,，]+(?:\.\d+)?|.", re.DOTALL)
_TAIL_SCALE = re.compile(r"[十百千万亿兆]+$")
_EXACT = Context(prec=60)

# Values are counted in units of ten to the minus twelve while they are put together.
_ONE: int = 10**_FRACTION


@dataclass(frozen=True, slots=True)
class Numeral:
    """The value of a number wording.

    ``low`` and ``high`` differ for ``range`` (三四亿) and ``vague`` (数亿: 1e8 to 1e9, 十几亿: 1.1e9
    to 1.9e9). ``at_least`` comes from 余 and 多 (20多亿), ``approx`` from 来 (十来亿). ``naked`` marks
    a scale without a digit (亿, 千万, 百亿), which is vague unless a hedge makes it one: 上亿, 近亿.
    ``tail`` is the run of scale characters at the end, which a range lends to its first number.
    """

    low: Decimal
    high: Decimal
    modifier: NumeralModifier = "exact"
    naked: bool = False
    tail: str = ""


def parse_number(text: str) -> Decimal | None:
    """The one exact value of a whole wording: 一亿三千万, 3.5亿, １２, 3千5百万; else None."""
    numeral = parse_numeral(text)
    return numeral.low if numeral and numeral.modifier == "exact" else None


def parse_numeral(text: str) -> Numeral | None:
    """The value of a whole wording, in either script, or None where it is not a number."""
    folded = fold(text)
    return read_numeral(folded) if _WORDING.fullmatch(folded) else None


_WORDING = re.compile(rf"(?:{ARABIC}|{HAN})", re.VERBOSE)


@lru_cache(maxsize=4096)
def read_numeral(wording: str) -> Numeral | None:
    """The value of folded text that ``ARABIC`` or ``HAN`` matched, or None: 3亿5亿 is no number."""
    if "点" in wording:
        wording = _ODD_POINT.sub(".", wording)
    if match := _PLAIN.fullmatch(wording):
        whole, fraction, scale = match.groups()
        power = sum(_POWER[char] for char in scale)
        value = shifted(whole, fraction or "", power)
        return Numeral(value, value, tail=scale)
    if match := _FOREIGN.fullmatch(wording):
        whole, fraction, scale = match.groups()
        value = shifted(whole, fraction or "", _ENGLISH_POWER[scale.lower()])
        return Numeral(value, value, tail=scale)
    if match := _PLACES.fullmatch(wording):
        return _by_places(match[1])
    return _read_mixed(_IDLE.sub("", wording).translate(_PLAIN_FORM))


def shifted(whole: str, fraction: str, power: int) -> Decimal:
    """Digits times a power of ten, exactly, whatever the decimal context: 3, 5, 8 is 350000000."""
    number = int(whole.replace(",", "").replace("，", "") + fraction)
    power -= len(fraction)
    return Decimal(number * 10**power) if power >= 0 else Decimal(number).scaleb(power, _EXACT)


def times(value: Decimal, factor: Decimal) -> Decimal:
    """The exact product, whatever the decimal context; a whole number without a decimal point."""
    if factor == 1:
        return value
    product = _EXACT.multiply(value, factor)
    whole = product.to_integral_value()
    return whole if whole == product else product


def plus(value: Decimal, more: Decimal) -> Decimal:
    """The exact sum, whatever the decimal context."""
    return _EXACT.add(value, more)


def lend_tail(first: Numeral, second: Numeral) -> Numeral:
    """The first number of a range with the scale of the second, where it needs one: 8-10亿.

    A number that has a scale of its own keeps it (5000万到1亿), and so does one that would come out
    above the second (500-1万).
    """
    if first.tail and not set(first.tail) <= set(SMALL_SCALES):
        return first
    tail = second.tail
    if tail and tail[0] in _POWER:
        tail = tail.lstrip(SMALL_SCALES if first.tail else "十")
    power = _ENGLISH_POWER.get(tail.lower(), 0) or sum(_POWER.get(char, 0) for char in tail)
    low = times(first.low, Decimal(10**power))
    if not power or low > second.high:
        return first
    return replace(first, low=low, high=times(first.high, Decimal(10**power)), tail=tail)


def _by_places(count: str) -> Numeral | None:
    """九位数: from 100,000,000 up to 1,000,000,000."""
    value = int(count) if count.isdecimal() else int(_evaluate_text(count) or 0) // _ONE
    if not 1 <= value <= 16:
        return None
    return Numeral(Decimal(10 ** (value - 1)), Decimal(10**value), "vague")


def _read_mixed(body: str) -> Numeral | None:
    modifier: NumeralModifier = "exact"
    for mark, meaning in _MARKS:
        if mark in body[1:]:
            body, modifier = body.replace(mark, "", 1), meaning
            break
    body = _POSITIONAL.sub(lambda match: _digits(match[0]), body)
    tail = _scale_at_end(body)
    if body and set(body) <= set("百千万亿兆"):
        value = _value(body)
        if value is None:
            return None
        if modifier != "exact":
            return Numeral(value, value, modifier, tail=tail)
        return Numeral(value, times(value, Decimal(10)), "vague", naked=True, tail=tail)
    low_text, high_text = _spread(body)
    low, high = _value(low_text), _value(high_text)
    if low is None or high is None or low > high:
        return None
    if low_text != high_text:
        modifier = "vague" if "几" in body or "数" in body else "range"
    return Numeral(low, high, modifier, tail=tail)


_MARKS: tuple[tuple[str, NumeralModifier], ...] = (
    ("多", "at_least"), ("余", "at_least"), ("+", "at_least"), ("来", "approx"),
)  # fmt: skip


def _scale_at_end(body: str) -> str:
    match = _TAIL_SCALE.search(body)
    return match[0] if match else ""


def _spread(body: str) -> tuple[str, str]:
    """The lowest and the highest reading of a wording; the same text twice where there is one."""
    for mark in "几数":
        place = body.find(mark)
        if place == 0:
            return "1" + body[1:], "10" + body[1:]
        if place > 0:
            before, behind = body[:place], body[place + 1 :]
            return f"{before}一{behind}", f"{before}九{behind}"
    if pair := _PAIR.search(body):
        before, behind = body[: pair.start()], body[pair.end() :]
        return f"{before}{pair[1]}{behind}", f"{before}{pair[2]}{behind}"
    return body, body


def _value(body: str) -> Decimal | None:
    units = _evaluate_text(body)
    if units is None:
        return None
    whole, rest = divmod(units, _ONE)
    return Decimal(units).scaleb(-_FRACTION, _EXACT).normalize(_EXACT) if rest else Decimal(whole)


def _evaluate_text(body: str) -> int | None:
    """The value in units of 1e-12 of digits and scales without any mark of vagueness."""
    if body == "半":
        return _ONE // 2
    if body[:1] == "半" and set(body[1:]) <= set(LARGE_SCALES):  # 半个亿
        body = f"0.5{body[1:]}"
    half = 0
    if body.endswith("半"):  # 一亿半
        body = body[:-1]
        if body[-1] not in LARGE_SCALES:
            return None
        half = _power_of_ten(sum(_POWER[char] for char in _scale_at_end(body))) * _ONE // 2
    total = _evaluate(_TOKEN.findall(_POINT.sub(_point_to_digits, body)))
    return None if total is None else total + half


def _power_of_ten(power: int) -> int:
    return int(10**power)


def _point_to_digits(match: re.Match[str]) -> str:
    whole = _evaluate(list(match[1]))
    return match[0] if whole is None else f"{whole // _ONE}.{_digits(match[2])}"


def _digits(han: str) -> str:
    return "".join(str(_DIGIT[char]) for char in han)


def _evaluate(tokens: Sequence[str]) -> int | None:
    total = section = 0
    current: int | None = None
    lowest = 10**40  # the smallest large scale so far
    last = 1  # the power that a digit left over at the end counts in: 三千五 is 3,500
    for token in tokens:
        if token in _POWER:
            scale = _power_of_ten(_POWER[token])
            last = scale if token != "十" else 10
            if token in SMALL_SCALES:
                section += (_ONE if current is None else current) * scale
            elif (value := section + (current or 0)) == 0:
                total, lowest = (total or _ONE) * scale, (lowest if total else 1) * scale
                last = lowest
            elif total and scale == lowest:
                return None
            else:
                joined = total and scale > lowest  # 3万5千亿
                total = (total + value) * scale if joined else total + value * scale
                lowest = scale
            section = 0 if token in LARGE_SCALES else section
            current = None
        elif token == "零":
            last = 10
        else:
            number = _number(token)
            if number is None or (current is not None and not _joins(current, token)):
                return None
            current = number + (current or 0)
            last = last if token in _DIGIT else 10
    return total + section + (current or 0) * max(last // 10, 1)


def _joins(current: int, token: str) -> bool:
    """20几 was made 20一: a digit may follow a round number."""
    return token in _DIGIT and current % (10 * _ONE) == 0


def _number(token: str) -> int | None:
    if token in _DIGIT:
        return _DIGIT[token] * _ONE
    if not token[0].isdecimal():
        return None
    whole, _, fraction = token.replace(",", "").replace("，", "").partition(".")
    return int(whole + fraction) * _power_of_ten(_FRACTION - len(fraction)) if whole else None
