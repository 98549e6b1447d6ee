"""Plain refusals in English: who answers says that they will not or cannot do what was asked, at once or after a few
words of apology, thanks or reasons ("No, I can't do that.", "Stalking is a crime, so I won't help you with it.").

`refusals` has the set phrases and lectures of models; these are the words that anyone has for it.
"""

from __future__ import annotations

import polars as pl

#: A refusal comes first; what is said further down is content.
_HEAD = 300

#: What may stand before the first word. A quotation is what somebody else says.
START = r"^[^\w\"“”«‘'(]*"
_AM = r"(?: am|['’]m)"
_NOT = (
    r"(?:cannot|can not|can['’]?t|won['’]?t|will not|refuse to|decline to|['’]d rather not|would rather not|"
    r"['’]d prefer not to|would prefer not to)"
)
_NEVER = (
    r"(?: (?:simply|really|just|truly|also|therefore|still|unfortunately|absolutely|respectfully|can only say that i))*"
    rf"(?: ?{_NOT}|"
    rf"{_AM}(?: (?:just|simply|currently|still|also|therefore|only))? (?:unable to|uncomfortable|not comfortable|"
    r"not (?:able|allowed|permitted|authori[sz]ed|programmed|designed|trained|going|willing|equipped|prepared|"
    r"in a position) to)|"
    r" (?:do not|don['’]?t) (?:feel (?:comfortable|right)|think (?:that )?i (?:should|can)|"
    r"(?:engage|participate) in|provide|offer|generate|produce|assist|discuss|know how to (?:help|assist|do that))|"
    r" have no (?:(?:way|ability|means|access) to|information (?:about|on)\b)|"
    r"(?: do not|['’]? don['’]?t) have (?:enough (?:information|context)|"
    r"the (?:ability|capability|capacity)) to|(?: do not|['’]? don['’]?t) have (?:any )?information (?:on|about) |"
    r" (?:would not|wouldn['’]t) be able to|"
    rf"(?: must| have to| need to|['’]ll have to| will have to| will|{_AM} going to(?: have to)?|{_AM} (?:obliged|"
    rf"required) to)"
    r"(?: respectfully| politely| kindly)? (?:decline|refuse|pass on|pass\b|say no|turn (?:this|that|you|it) down)|"
    r" can only (?:help|assist|answer|discuss|talk))"
)
_SAID = rf"i(?:{_NEVER})\b"
_REQUEST = r"(?:something|a (?:request|topic|task|question|thing|prompt)|content|the (?:kind|sort|type) of \w+)"
_DOING = r"(?:help|explain|tell|teach|show|do|writ|provid|assist|giv)"
#: The same without `I` as who does not do it.
_OTHERS = (
    rf"(?:(?:that|this|it|which)(?:['’]s| is)(?: not|n['’]t)(?: really)? {_REQUEST} (?:that )?i"
    r"(?:['’]m| am|['’]ll|['’]d| can\b| will\b| do\b)|"
    r"(?:[\w'’ ]{1,60} )?(?:is not|isn['’]t|are not|aren['’]t) something (?:that )?i (?:do|can|will|am)\b|"
    rf"(?:that|this|it)(?:['’]s| is) {_REQUEST} (?:that )?i"
    rf"(?: can['’]?t| cannot| won['’]t| will not|{_AM} (?:unable|not able) to| (?:must|have to) (?:refuse|decline))\b|"
    r"(?:that |this |it |your \w+ )(?:would )?"
    r"(?:violates?|goes? against|conflicts? with|breach(?:es)?|(?:is )?against) "
    r"(?:my|openai['’]?s?|anthropic['’]?s?|(?:the|our) (?:content|usage|safety|use|ethical))\b[^.!?\n]{0,40}"
    r"(?:polic|guideline|principle|programming|rules|standards|values|terms)|"
    r"(?:your|this|the) (?:request|prompt|question) (?:cannot|can['’]?t|could not) be (?:processed|completed|fulfilled|"
    r"answered|granted)|"
    r"i(?: am|['’]m)[^.!?\n]{0,80} and (?:so |thus |therefore )?(?:cannot|can['’]?t|will not|won['’]t) (?:assist|compl|"
    r"help|provide|fulfil|answer|support|engage)|"
    r"(?:[\w'’]+ ){1,3}(?:falls?|goes|is|lies|are) (?:well |far )?(?:outside|beyond) (?:of )?"
    rf"(?:my (?:capabilit|abilit|guideline|scope|purpose|remit)|(?:the scope of )?what i(?:{_AM}| can| do)\b)|"
    r"(?:it |that |this )?(?:(?:would not|wouldn['’]t) be (?:appropriate|right|ethical|responsible|proper)|"
    r"would be (?:inappropriate|wrong|unethical|irresponsible|improper)) for me to|"
    r"it(?:['’]s| is) (?:not possible|impossible) for me to|"
    r"i (?:do not|don['’]?t) think (?:that )?(?:it|this|that) (?:would be|is) (?:right|appropriate|ethical|responsible|"
    r"proper|wise)(?: for me)? to|"
    rf"there(?:['’]s| is) no way (?:that )?i(?:{_AM}|['’]ll| will|['’]d| would)(?: going to)? {_DOING}|"
    r"not (?:doing|answering|helping with|writing) (?:that|this)\b|no can do\b|"
    rf"i(?: do not|['’]? don['’]?t| lack) (?:have )?(?:access to|the ability to|personal|feelings|opinions)"
    rf"[^.!?\n]{{0,80}}\b(?:so|therefore|and|thus|hence)\b[, ]+(?:as a result,? )?i(?: {_NOT}|{_AM} unable)|"
    r"[\w ]{0,20}(?:request|prompt|question|message) (?:has been|was|is|had to be) "
    r"(?:flagged|blocked|declined|denied|rejected) (?:as|by (?:my|our|the (?:safety|content|filter|moderation))|"
    r"for saf))"
)
#: Why not, or what kindness says before it.
_BEFORE = (
    r"sorry|apolog|afraid|unfortunately|regret|\bthank|appreciat|understand|\bhello\b|\bhi\b|\bhey\b|\boh\b|\bno\b|"
    r"\bnope\b|absolutely not|illegal|unlawful|against the law|\bcrim|\bfraud|felony|unethical|wrong\b|harm|dangerous|"
    r"unsafe|danger\b|violat|flagged|inappropriate|i['’]d love to|i wish|\bai\b|language model|assistant|guidelines|"
    r"polic(?:y|ies)|my (?:last|latest|most recent|knowledge) (?:update|training|cut-?off)|"
    r"not have access|n['’]t have access|draw the line|privacy|confidential|happy to help|here to help|"
    r"want to (?:help|be helpful)|designed to be|hate speech|something else"
)
_AFTER = (
    rf"{START}[^\"“”«\n]{{0,140}}?(?:{_BEFORE})[^\"“”«]{{0,140}}?"
    r"(?:[.!?,;:—–-]\s*|\b(?:but|so|and|because|therefore|however)\s+|(?:sorry|afraid)(?: that)? )"
    r"(?:(?:but|so|and|however|therefore|unfortunately|as such|instead)[, ]+)*\b"
)
#: A short text needs no such word.
_BRIEF = 200
_AT_ANY_TURN = (
    rf"{START}[^\"“”«:\n]{{0,130}}?(?:[.!;:,–—]\s+|\b(?:but|so|and|because|therefore|however),?\s+)"
    rf"(?:(?:but|so|and|however|therefore)[, ]+)*\b{_SAID}"
)
_SORRY = (
    r"(?:please (?:understand|know) that |"
    r"(?:unfortunately|regrettably|sorry|i(?:['’]m| am) (?:sorry|afraid))(?: that)?[,.!]* )?"
)
#: All that a text says.
_NO_PERSON = (
    r"(?i)^as an? [^.!?\n]{0,80}\bi (?:do not|don['’]?t) (?:have|hold) (?:any |my own )?(?:personal|feelings|opinions|"
    r"beliefs|emotions|preferences)[^.!?\n]{0,80}[.!]?\s*$"
)
#: Where either stands. In one pattern they would be larger than patterns may be.
_PATTERNS = tuple(
    tuple(
        rf"(?i){where}{what}"
        for what in (
            _SAID,
            _OTHERS,
            r"we (?:cannot|can['’]?t|are unable to|won['’]t) (?:help you|assist (?:you )?with)",
        )
    )
    for where in (f"{START}{_SORRY}", _AFTER)
)
#: What says of something else that one cannot: "I can't believe it", "I won't be late".
_IDIOM = (
    rf"(?i)\b({_NOT}|(?:am|['’]m) (?:unable|not able|not going) to|['’]m not going) (?:even |ever |quite |possibly )?"
    r"((?:believe|wait|get enough|resist|help (?:but|feeling|thinking|noticing|wondering|myself)|imagine|stand|"
    r"stop|stress|"
    r"bear|fathom|emphasi[sz]e|overstate|recommend|thank|forget|remember|lie|tell (?:a lie|you how (?:much|many|"
    r"happy))|bore|"
    r"sleep|eat|drink|swim|drive|dance|sing|cook|go|come|leave|stay|lose|succeed|succumb|surrender|make it|attend|join|"
    r"afford|live|seem|deny|complain|let go|let you down|give up|take (?:my|a|it|no)|keep|feel|see (?:myself|why|"
    r"the)|say "
    r"(?:enough|how|that|much|it|i)|put|repudiate|hear|breathe|be (?:there|at|late|home|able to (?:make|attend|"
    r"come|join|go)|"
    r"happy|sad|the|a)|make sense|find (?:my|the)|count on|blame|ignore|escape|shake|hide|change|finish|work|fail|"
    r"guarantee|promise|vouch|be (?:sure|certain)|say (?:for|exactly|with)|"
    r"disappoint|spend|run (?:away|fast|anymore)|stay|set|ask for|speak for|agree more|figure|decide|regret)\b)"
)
#: Letters, tales and dialogues have refusals of others; Chinese texts are read elsewhere.
LETTER = r"(?i)^\W*(?:dear\b|subject:|to whom)"
_NOT_MINE = (
    r"(?i)\p{Han}|^\W*(?:dear\b|subject:|to whom|once upon|title:|hi [a-z]+,|hello [a-z]+,|"
    r"[a-z]+(?: [a-z0-9]{1,12})?:\s)|\b(?:said|says|replied|answered|asked|told|wrote)\b[^.!?\n]{0,20}:"
)
#: Without one of these no pattern fits, which are slow; of a thousand ordinary answers about twenty have one.
_HINT = (
    rf"(?i)\b{_SAID}|\bwe (?:cannot|can['’]?t|are unable to|won['’]t) (?:help|assist)|something (?:that )?i\b|"
    r"(?:request|topic|task|question|thing|prompt|content|of \w+) (?:that )?i\b|(?:outside|beyond) (?:of )?(?:my|"
    r"what i|the)|"
    r"for me to\b|no way (?:that )?i\b|not (?:doing|answering|helping|writing)|no can do|access to|the ability to|"
    r"(?:against|conflicts? with|violates?|breach\w*) (?:my|openai|anthropic|(?:the|our) (?:content|us|safe|ethic))|"
    r"be (?:processed|completed|fulfilled|answered|granted)|"
    r"and (?:so |thus |therefore )?(?:cannot|can['’]?t|will not|won['’]t)|"
    r"(?:not|n['’]?t|lack) (?:have )?(?:personal|feelings|opinions)|(?:flagged|blocked|declined|denied|"
    r"rejected) (?:as|by|for)"
)


#: The same with the cheapest of searches.
_WORDS = (
    "not", "can't", "can’t", "cant ", "won't", "won’t", "wont ", "unable", "refus", "declin", "rather", "prefer",
    "pass", "n't", "n’t", "beyond", "outside", "impossible", "no way", "no can", "have no ", "say no", "can only",
    "uncomfortable", "inappropriate", "wrong", "unethical", "irresponsible", "improper", "lack ", "flagged", "blocked",
    "denied", "reject", "turn ", "against my", "against o", "against the ", "violat", "conflicts with", "breach",
)  # fmt: skip


def declines(texts: pl.Series) -> pl.Series:
    """Whether each text refuses in plain words; missing for a missing text."""
    head = pl.col("head")
    heads = pl.DataFrame({"head": texts.str.slice(0, _HEAD)}).with_row_index("at")
    heads = heads.filter(head.str.contains_any(list(_WORDS), ascii_case_insensitive=True))
    heads = heads.filter(head.str.contains(_HINT)).filter(~head.str.contains(_NOT_MINE))
    heads = heads.with_columns(head.str.replace_all(_IDIOM, "could $2"))
    first, after = (pl.any_horizontal(head.str.contains(pattern) for pattern in some) for some in _PATTERNS)
    brief = (head.str.len_chars() < _BRIEF) & head.str.contains(rf"(?i){_AT_ANY_TURN}|{_NO_PERSON}")
    soon = first | brief
    said = heads.filter(soon)["at"].append(
        heads.filter(~soon & head.str.contains(rf"(?i){_BEFORE}")).filter(after)["at"]
    )
    none = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True).alias(texts.name)
    return none.scatter(said, True).set(texts.is_null(), None)
