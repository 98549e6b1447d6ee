"""Set phrases by which language models refuse in English; `refusals_zh` has the Chinese ones.

Two kinds of evidence. A refusal in so many words ("I'm sorry, but I can't assist with that") is one, whatever follows.
A lecture ("As an AI, I must clarify that…") is one only where nothing answers afterwards: no list, no "here are".
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tunec.runtime.text.refusals_plain import LETTER, START, declines
from tunec.runtime.text.refusals_zh import refused

#: A refusal comes first; what is said further down is content.
_HEAD = 300
#: How far a lecture may take to show.
_OPENING = 600

_SORRY = (
    r"(?:(?:i['’]?m|i am)(?: (?:so|very|really|truly|terribly))? (?:sorry|afraid)|(?:my )?(?:sincere )?apologies|sorry|"
    r"i (?:sincerely )?apologi[sz]e|unfortunately|regrettably)[^.!?\n]{0,60}?"
)
_UNABLE = (
    r"(?:can(?:not| not|['’]?t)|(?:am|['’]m) (?:unable|not able|not allowed|not permitted|not programmed|not designed)"
    r" to|won['’]t(?: be able to)?|will not(?: be able to)?|must (?:respectfully )?decline to|(?:do not|don['’]t) have "
    r"(?:the (?:ability|capability|capacity|tools) to|access to)|(?:am|['’]m) not (?:capable of|"
    r"comfortable)|(?:do not|don['’]t) feel comfortable)"
)
# What an assistant is asked for. `make it to your party` is none of it, and `help but` no help.
_SERVICE = (
    r"(?: (?:actually|directly|in good conscience|ethically|legally))? (?:assist|aid|provid|fulfil|compl(?:y|et)|"
    r"answer|engag|satisf|respond|generat|creat|produc|discuss|condon|participat|promot|encourag|support|endors|"
    r"help (?:you|with|anyone|people|someone|users|in)|help[.,!]|do (?:that|this|so|it)\b|"
    r"(?:give|offer|share|tell)(?: you)? (?:any |the |a |an |personal |medical |legal |financial )?"
    r"(?:advice|information|instructions|details|guidance|opinion|support|help)|continue with)"
)
# What only a program has to say that it cannot do.
_DEVICE = (
    r"(?: (?:actually|directly))? (?:access|brows|open|view|see|watch|hear|listen|download|upload|display|show|search|"
    r"draw|read|play|edit|insert|attach|physically|process|perform|writ|tell|find|identif|recogni[sz]|predict|"
    r"determin|translat|summari[sz]|analy[sz]|rewrit|classif|proofread|understand)"
)
_AN_AI = (
    r"as an? [^.!?,\n]{0,40}?(?:\bai\b|artificial intelligence|(?:large )?language model|chat ?bot|virtual assistant)"
    r"[^.!?\n]{0,100}?\bi(?: am|['’]m)? ?"
)
_MORE = (
    r"it(?: is|['’]?s| would be) (?:not (?:appropriate|ethical|safe|legal)|inappropriate|unethical)(?: (?:or|and) \w+)?"
    r" (?:for me )?to|that(?: is|['’]s) not something i can|"
    r"it(?: is|['’]?s) not within my (?:programming|capabilit|abilit)"
)
_TASK = r"(?:the|this|your) (?:task|request|question)\b[^!?\n]{0,150}?\b(?:cannot|can['’]?t|not possible)"
# What only an assistant will not do for the one who asks; no `help`, which people in stories refuse too.
_WILL_NOT = (
    r"i ?(?:cannot|can['’]?t|(?: am|['’]m) (?:unable|not able) to|won['’]t|will not|must (?:respectfully )?decline to)"
    r"(?: be able to)? (?:provide|assist|fulfil|comply|engage|promote|condone|endorse|encourage|advise|participate|"
    r"satisfy|answer|offer|discuss|generate|create|suggest|give you|recommend (?:or|engaging|using|that)|"
    r"support (?:or|any|this|that|such)|justif|teach|tell you how (?:to|you)\b|share|speculat|disclose|reveal|"
    r"in good conscience|"
    r"make (?:any |a )?(?:statement|comment|judg|joke|assum))"
)
# Thanks, sympathy and greetings come before a refusal.
_KINDLY = (
    rf"{START}(?:thank you for|thanks for|i (?:can |do |completely |totally )?(?:understand|appreciate|"
    rf"apologi[sz]e|see|"
    r"acknowledge)|i(?: am|['’]m) (?:glad|happy|here|so|really)|hello|hi|oh|as a)\b[^\n]{0,200}"
)
_STRONG = (
    rf"{START}{_SORRY}i ?{_UNABLE}(?:{_SERVICE}|{_DEVICE})|{START}i ?{_UNABLE}{_SERVICE}|{_AN_AI}{_UNABLE}|"
    rf"{START}{_SORRY}(?:i must decline|{_MORE})|{START}sorry[, ]+(?:but )?{_TASK}|{START}{_WILL_NOT}|"
    rf"{_KINDLY}\b{_WILL_NOT}"
)

_WRONG = (
    r"(?:it|that)(?: is|['’]?s) (?:not|never) (?:ever )?(?:appropriate|ethical|acceptable|okay|ok|"
    r"respectful|moral|legal|"
    r"productive|responsible|safe)\b"
)
_SOFT = (
    rf"{_KINDLY}\b{_WRONG}|"
    r"\b(?:however|but|therefore|instead|unfortunately|that being said|with that said|as such|so)[, ]+"
    rf"(?:[\w ',]{{0,40}} )?{_WILL_NOT}|"
    r"\bi(?: am|['’]m) (?:just |only |simply |merely )?an? [^.!?,\n]{0,30}(?:\bai\b|language model|assistant)|"
    r"\bit(?: is|['’]?s) not within my (?:programming|capabilit)|"
    r"\bi (?:strongly |would strongly |must |highly )*(?:advise against|discourage\b|urge you not|caution against)|"
    r"(?:against|violates?) my (?:programming|ethical|guidelines|principles|values)|"
    r"my (?:programming|training|guidelines|polic(?:y|ies)|principles)\b[^.\n]{0,60}"
    r"(?:prohibit|prevent|forbid|(?:do(?:es)? not|do(?:es)?n['’]t) (?:allow|permit|let)\b)"
)
# A lecture: the assistant corrects the one who asks, and says what is right.
_LECTURE = (
    r"as an? [^.!?,\n]{0,60}(?:\bai\b|artificial intelligence|language model|"
    r"virtual assistant)[^.!?\n]{0,60}\bi(?: am|['’]m)"
    r"? (?:must|have to|do not (?:hold|have)|cannot agree|can['’]t agree|don['’]t (?:hold|have)|"
    r"committed|designed|programmed|obligated|bound|required)|"
    r"\bi (?:must|have to) \w+|"
    r"\bi (?:would |['’]d )?(?:suggest|encourage|recommend|urge|advise) (?:you|that you|instead|reframing|focusing|"
    rf"rephrasing)|\b{_WRONG}[^\n]*\b(?:i|you|your)\b"
)
_MORALS = (
    r"(?:not|never|n['’]t)(?: be)? (?:\w+ or )?(?:appropriate|ethical|acceptable|okay|respectful|"
    r"moral|legal|right|fair)\b|"
    r"inappropriate|unethical|immoral|illegal|harmful|offensive|disrespectful|discriminat|dehumani|stereotyp|"
    r"regardless of (?:their|one['’]s|your|race|gender|ethnic)|equality|fairness|inclusi|rights\b|violen|privacy"
)
# Neither: the answer opens by rejecting the question, and condemns it twice.
_REJECTED = (
    rf"{START}(?:(?:the|this) (?:question|statement|idea|notion|premise|assumption|suggestion)\b|no\b|absolutely not|"
    r"it(?: is|['’]s) (?:never|not|illegal|unethical|wrong|important)|there (?:is|are) no\b|"
    r"every(?:one| person| individual)\b|all (?:people|individuals)\b)"
)
_CONDEMNED = (
    r"inappropriate|unethical|immoral|harmful|offensive|disrespectful|discriminat\w*|dehumani\w*|stereotyp\w*|"
    r"prejudic\w*|"
    r"equality|equally|equal (?:rights?|opportunit\w*|access|voice)|fairness|inclusi\w+|dignity|"
    r"human rights|regardless of (?:their|one['’]s|race|gender|ethnic)|"
    r"(?:not|never) (?:\w+ or )?(?:appropriate|ethical|acceptable|okay|respectful)"
)
# What answers all the same.
_ANSWER = (
    r"(?im)^[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t]+\S|"
    r"\bhere(?: are|['’]s| is) (?:a|an|the|some|few|several|how|what|my)\b|```"
)

#: Without one of these no pattern fits; most texts have none, and need not be looked at closely.
_HINT = (
    r"(?i)sorry|afraid|apolog|unfortunately|regrettably|cannot|can['’]?t\b|unable|not able|won['’]t|"
    r"will not|not (?:allowed|"
    r"permitted|programmed|designed|capable|comfortable)|\bai\b|artificial|language model|chat ?bot|virtual assistant|"
    r"\bi (?:must|have to|suggest|would|['’]?d)|n['’]t have|not have|(?:not|"
    r"never) (?:ever )?(?:appropriate|ethical|acceptable|ok|respectful|moral|legal|"
    r"productive|responsible|safe|within)|advise against|discourage|urge you|caution against|"
    r"my (?:programming|training|"
    rf"guidelines|ethical|principles|values)|{_CONDEMNED}"
)


def spoken(texts: pl.Series) -> pl.Series:
    """What the texts say, without the thoughts that a reasoning model writes before it."""
    return texts.str.replace(r"(?s)^\s*<think>.*?</think>\s*", "")


def refuses(texts: pl.Series) -> pl.Series:
    """Whether each text is a refusal; missing for a missing text."""
    texts = spoken(texts)
    opening = texts.str.slice(0, _OPENING)
    close = (opening.str.contains(_HINT) & ~opening.str.contains(LETTER)).fill_null(False)
    chinese = opening.str.contains(r"\p{Han}").fill_null(False)
    found = _scattered(texts, close, lambda part: _english(evidence(part)))
    return found | declines(texts) | _scattered(texts, chinese, lambda part: refused(part, part.str.contains(_ANSWER)))


def _scattered(texts: pl.Series, where: pl.Series, decide: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """What `decide` says of the texts there, false for all others, missing for missing ones."""
    none = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True).alias(texts.name)
    place = where.arg_true()
    return none.scatter(place, decide(texts.gather(place))).set(texts.is_null(), None)


def evidence(texts: pl.Series) -> pl.DataFrame:
    """What speaks for an English refusal and against it, a column each; `stated` decides alone."""
    opening = texts.str.slice(0, _OPENING)
    return pl.DataFrame(
        {
            "stated": texts.str.slice(0, _HEAD).str.contains(rf"(?i){_STRONG}"),
            "soft": opening.str.contains(rf"(?i){_SOFT}"),
            "lecture": opening.str.contains(rf"(?i){_LECTURE}"),
            "morals": opening.str.contains(rf"(?i){_MORALS}"),
            "rejected": opening.str.contains(rf"(?i){_REJECTED}"),
            "condemned": opening.str.count_matches(rf"(?i){_CONDEMNED}"),
            "answered": texts.str.contains(_ANSWER),
        }
    )


def _english(found: pl.DataFrame) -> pl.Series:
    lecture = (pl.col("lecture") & pl.col("morals")) | (pl.col("rejected") & (pl.col("condemned") >= 2))
    return found.select(pl.col("stated") | ((pl.col("soft") | lecture) & ~pl.col("answered"))).to_series()
