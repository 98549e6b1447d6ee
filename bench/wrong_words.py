"""What may be wrong in a spec, written by hand so that it tests the compiler: numbers out of range, values of another
type, and words that people know from elsewhere."""

from __future__ import annotations

#: What a number of an argument cannot be, as the reference says it: written by hand, so that it tests the catalogue.
BAD_NUMBERS: dict[str, tuple[str, ...]] = {
    "temperature": ("-0.7", "90"), "top_p": ("0", "1.5", "-0.1"), "batch_size": ("0", "-4", "2.5"),
    "max_tokens": ("0", "-1"), "demonstrations": ("-1",), "rouge_l": ("-0.6", "1.7"), "rows": ("0", "-1", "1.5"),
    "requests": ("0", "-80"), "cost": ("-$2", "3"), "jaccard": ("0", "1.2", "-0.5"), "ngram": ("0", "-3", "2.5"),
    "n": ("0", "-10", "1.5"), "longer_than": ("-8",), "share": ("0", "1.5", "-70%"), "skips": ("-1",),
    "threshold": ("1.5", "-2"), "cosine": ("1.5", "-2"), "false_positives": ("-1%", "300%"), "size": ("0", "-5", "2.5"),
    "count": ("0", "-3", "0.5"), "limit": ("0", "-5"), "rank": ("0", "-8", "4.5"), "alpha": ("0", "-16"),
    "dropout": ("1.5", "-0.1"), "epochs": ("0", "-2"), "learning_rate": ("0", "-1e-4", "3"), "max_length": ("0", "-1"),
    "warmup": ("1.5", "-5%"), "weight_decay": ("-0.01",), "micro_batch_size": ("0", "-2"), "shots": ("-1", "0.5"),
    "k": ("0", "-4"), "scale": ("0", "-0.4"), "top": ("0", "-2"), "times": ("0", "-2"), "sample": ("0", "-500"),
}  # fmt: skip
#: Values that are of no type that a parameter of this type takes.
BAD_VALUES: dict[str, tuple[str, ...]] = {
    "int": ('"many"', "[1, 2]", "5s", "$3", "none_of_it"), "float": ('"much"', "[0.5]", "10s", "{a: 1}"),
    "share": ('"most"', "[1%]", "$1", "5m"), "money": ("5", '"cheap"', "10%"), "bool": ("1", '"on"', "maybe"),
    "path": ("5", "[3]", "true"), "regex": ("5", "true", '"(unclosed"', 'r"[a-"'), "enum": ("5", '"x"', "true"),
    "rows": ("5", '"tasks"', "true"), "model": ("5", '"gpt"'), "embedder": ("5", '"e"'), "field": ("5", "nothing_such"),
    "operator": ("5", "nothing_such", "true"), "text": ("5", "true", "[1]"), "list": ("5", "true"),
    "range": ("5", '"1-5"'), "character": ('";;"', "5"),
}  # fmt: skip
#: Words that people know from elsewhere, for the words of the language.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "words": ("word_count", "num_words", "length"), "chars": ("len", "length", "num_chars"), "lang": ("language",),
    "tokens": ("token_count", "num_tokens"), "matches": ("regex", "match"), "contains": ("includes", "has"),
    "lower": ("lowercase",), "strip": ("trim",), "none": ("null", "None"), "true": ("yes", "True"),
    "false": ("no", "False"), "and": ("&&",), "or": ("||",), "not": ("!",), "drop": ("remove", "exclude", "reject"),
    "keep": ("include", "where"), "dataset": ("data",), "source": ("src",), "rank": ("r",), "alpha": ("lora_alpha",),
    "learning_rate": ("lr",), "batch_size": ("bs", "batch"), "max_length": ("max_len", "seq_len"),
    "dropout": ("lora_dropout",), "epochs": ("num_epochs",), "warmup": ("warmup_ratio",), "dedup": ("deduplicate",),
    "temperature": ("temp",), "separator": ("delimiter", "sep"), "limit": ("head", "take"), "license": ("licence",),
    "concat": ("join",), "starts_with": ("startswith",), "ends_with": ("endswith",), "share": ("fraction", "ratio"),
    "select": ("choose",), "repeat": ("upsample",), "similarity": ("cosine_similarity",),
    "jaccard": ("threshold",), "embedder": ("embedding",), "const": ("var",), "param": ("arg",), "repetition": ("rep",),
}  # fmt: skip
