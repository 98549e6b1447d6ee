"""Configurations of axolotl.

Sources: `src/axolotl/utils/schemas/` (datasets.py, config.py, peft.py, training.py), `docs/dataset-formats/` and
`docs/rlhf.qmd` of axolotl-ai-cloud/axolotl; the columns of the types of prompts from `prompt_tokenizers.py` and
`prompt_strategies/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.from_yaml.formats import column, record, role_is_known
from tunec.from_yaml.places import Place, lacks, sources
from tunec.from_yaml.reasons import AXOLOTL, TEMPLATE
from tunec.from_yaml.settings import NotUnderstood, Settings
from tunec.from_yaml.start import Asked, Format, Source, Start, Training, asked, batches, modules, warmup, with_model

NAME = "axolotl"
#: Columns of the types of instructions: `instruction`, `input`, `response`, `system`.
_INSTRUCTIONS = {
    "alpaca": ("instruction", "input", "output", ""),
    "alpaca_chat": ("instruction", "input", "output", ""),
    "alpaca_chat.load_concise": ("instruction", "input", "output", ""),
    "alpaca_chat.load_qa": ("question", "", "answer", ""),
    "alpaca_chat.load_camel_ai": ("message_1", "", "message_2", ""),
    "alpaca_instruct": ("instruction", "input", "output", ""),
    "alpaca_w_system": ("instruction", "input", "output", "system"),
    "alpaca_w_system.load_instruct": ("instruction", "input", "output", "system"),
    "alpaca_w_system.load_chat": ("instruction", "input", "output", "system"),
    "alpaca_w_system.load_open_orca": ("question", "", "response", "system_prompt"),
    "alpaca_w_system.load_open_orca_chatml": ("question", "", "response", "system_prompt"),
    "gpteacher": ("instruction", "input", "response", ""),
    "metharme": ("prompt", "", "generation", ""),
    "oasst": ("INSTRUCTION", "", "RESPONSE", ""),
    "summarizetldr": ("article", "", "summary", ""),
}
#: Columns of the prompt in the types of pairs and ratings (`chatml.intel`, `llama3.intel`, …).
_PROMPTS = {
    "argilla": "instruction", "icr": "input", "intel": "question", "prompt_pairs": "prompt", "ultra": "prompt",
}  # fmt: skip
_PAIRS = ("dpo", "ipo", "orpo", "simpo")


def is_axolotl(settings: Settings) -> bool:
    """Whether a file looks like a configuration of axolotl."""
    return isinstance(settings.values.get("datasets"), list) or bool(
        settings.values.keys() & {"base_model", "pretraining_dataset", "sequence_len", "micro_batch_size"}
    )


def read(settings: Settings, start: Start) -> None:
    """Fill in what the configuration says."""
    method = settings.text("rl") or "sft"
    for key, found in (("datasets", start.sources), ("test_datasets", start.held_out)):
        for entry in entries(settings, key):
            found += _entry(entry, method)
    for entry in entries(settings, "pretraining_dataset"):
        start.sources += _entry(entry, method, pretraining=True)
        method = "pretrain"
    held = settings.number("val_set_size", 0) or 0
    if 0 < held < 1:
        start.validation = float(held)
    elif held:
        settings.leave("val_set_size", "not carried: `split` has shares, not a number of rows")
    settings.take("dataset_exact_deduplication")  # every spec that is written here removes exact duplicates
    seed = settings.number("seed")
    start.seed = seed if isinstance(seed, int) and seed >= 0 else None
    if settings.flag("train_on_inputs"):
        settings.leave("train_on_inputs", "not carried: `sft` trains the assistant's turns only")
    start.training = with_model(_training(settings, method))
    settings.rest(AXOLOTL, NAME)


def entries(settings: Settings, key: str) -> Iterator[Settings]:
    """The entries of a list of data sets, each with a path."""
    value = settings.take(key)
    for number, entry in enumerate([value] if isinstance(value, str | Settings) else value or [], 1):
        if isinstance(entry, str) and key == "pretraining_dataset":
            line = settings.lines[key]
            entry = Settings(settings.file, settings.at(key), line, {"path": entry}, {"path": line}, settings.left)
        if not isinstance(entry, Settings) or not isinstance(entry.values.get("path"), str):
            raise NotUnderstood(f"{settings.where(key)}: entry {number} of `{key}` has no `path`")
        yield entry


def _entry(entry: Settings, method: str, *, pretraining: bool = False) -> list[Source]:
    if pretraining:
        entry.take("type")
        form = record(entry, "text", {"text": column(entry, "text_column", "text")})
    elif method in _PAIRS:
        form = _pair(entry)
    elif method == "kto":
        form = _rated(entry)
    else:
        form = _rows(entry)
    for key in ("shards", "shards_idx", "skip"):
        entry.leave(key, "not carried: a source reads all of its rows, or the first with `limit`")
    place = Place(
        entry.text("path"), entry.text("split", "train"), entry.text("name"), entry.text("revision"),
        entry.text("ds_type"), entry.texts("data_files"),
    )  # fmt: skip
    made = sources(entry, place, form)
    entry.rest(AXOLOTL, NAME)
    return made


def _rows(entry: Settings) -> Format:
    """Rows of supervised training."""
    kind = entry.take("type")
    if isinstance(kind, Settings):
        return _user_defined(
            kind, "instruction", {"instruction": "instruction", "input": "input", "output": "response"}
        )
    name = str(kind or "").split(":")[0]
    if name in _INSTRUCTIONS:
        entry.leave("type", f"carried as columns; the wording of its prompt is not: {TEMPLATE}")
        columns = zip(("instruction", "input", "response", "system"), _INSTRUCTIONS[name], strict=True)
        return record(
            entry, "instruction", {field: Asked(column, entry, "type") for field, column in columns if column}
        )
    if name.split(".")[0] in ("completion", "pretrain"):
        return record(entry, "text", {"text": column(entry, "field", "text")})
    if name.split(".")[0] == "sharegpt":
        defaults = ("conversations", "from", "value")
        return record(entry, "chat", _turns(entry, *defaults))
    if name.split(".")[0] == "chat_template":
        return record(entry, "chat", _turns(entry, "messages", "role", "content"))
    if not name:
        entry.leave_entry("no `type`: axolotl expects token ids, which tunec does not read; `auto` reads other columns")
        return Format("instruction", "auto")
    entry.leave("type", "not carried: tunec does not know this type; `auto` reads what the columns say, so check it")
    return Format("instruction", "auto")


def _turns(entry: Settings, messages: str, role: str, content: str) -> dict[str, Asked]:
    """The columns of a list of turns, the keys of a turn, and what is said of roles and masks."""
    mapping = entry.inner("message_property_mappings")
    found = {"messages": column(entry, "field_messages", messages), "tools": column(entry, "field_tools", "tools")}
    # A column that only axolotl's defaults name may be missing, and in a spec is an error then.
    if "field_tools" not in entry and lacks(entry, entry.texts("data_files") or [entry.text("path")], "tools"):
        del found["tools"]
    for ours, default in (("role", role), ("content", content)):
        inner, legacy = mapping.text(ours), entry.text(f"message_field_{ours}")
        given = mapping if inner else entry if legacy else None
        found[ours] = Asked(inner or legacy or default, given, ours if inner else f"message_field_{ours}")
    for key in mapping.values:
        if key not in mapping.taken and mapping.text(key) != key:
            mapping.leave(key, "not carried: of a turn, only the keys of role and content can be named")
    if (thoughts := entry.text("field_thinking")) not in ("", "reasoning_content", "reasoning", "thinking"):
        found["reasoning"] = Asked(thoughts, entry, "field_thinking")
    roles = entry.inner("roles")
    for target in roles.values:
        unknown = [name for name in roles.texts(target) if not role_is_known(name, target)]
        if unknown:
            roles.leave(target, f"not carried: tunec does not read {', '.join(map(repr, unknown))} as {target!r}")
    trained = entry.texts("roles_to_train") if "roles_to_train" in entry else ["assistant"]
    if [name for name in trained if not role_is_known(name, "assistant")] or not trained:
        entry.leave("roles_to_train", "not carried: `sft` trains the assistant's turns")
    if entry.text("train_on_eos", "turn") != "turn":
        entry.leave("train_on_eos", "not carried: `sft` trains the end token of each turn of the assistant")
    for key in ("message_field_training", "message_field_training_detail"):
        entry.leave(key, "not carried: a format does not name the key of a mask")
    if entry.flag("drop_system_message"):
        entry.leave("drop_system_message", "not carried: system turns stay")
    return found


def _pair(entry: Settings) -> Format:
    """Rows of preferences."""
    kind = entry.take("type")
    if isinstance(kind, Settings):
        return _user_defined(kind, "preference", {name: name for name in ("prompt", "chosen", "rejected")})
    template, _, form = str(kind or "chat_template").partition(".")
    if template == "chat_template" and form in ("", "default"):
        fields = _turns(entry, "messages", "role", "content")
        sides = {side: column(entry, f"field_{side}", side) for side in ("chosen", "rejected")}
        return record(entry, "preference", {**fields, **sides})
    if form == "argilla_chat" or (template, form) == ("chat_template", "argilla"):
        return Format("preference", "preference")
    if form not in _PROMPTS:
        entry.leave("type", "not carried: the columns of this type are not known; `auto` reads what they say")
        return Format("preference", "auto(rows: preference)")
    entry.leave("type", f"carried as columns; the template is not: {TEMPLATE}")
    ends = ("chosen_response", "rejected_response") if form == "argilla" else ("chosen", "rejected")
    names = {"prompt": _PROMPTS[form], "chosen": ends[0], "rejected": ends[1], "system": "system"}
    return record(entry, "preference", {field: Asked(name, entry, "type") for field, name in names.items()})


def _rated(entry: Settings) -> Format:
    """Rows of answers that were liked or not."""
    kind = entry.take("type")
    if isinstance(kind, Settings):
        return _user_defined(kind, "rated", {name: name for name in ("prompt", "completion", "label")})
    form = str(kind or "").partition(".")[2] or "argilla"
    if form not in _PROMPTS:
        entry.leave("type", "not carried: tunec does not know this type of ratings")
        return Format("rated", "auto(rows: rated)", ready=False)
    names = {"prompt": _PROMPTS[form], "completion": "completion", "label": "label"}
    return record(entry, "rated", {field: Asked(column, entry, "type") for field, column in names.items()})


def _user_defined(kind: Settings, rows: str, names: dict[str, str]) -> Format:
    """A `type` that maps columns and words a prompt around them."""
    fields = {}
    for theirs, ours in {**names, "system": "system"}.items():
        found = column(kind, f"field_{theirs}", "" if theirs in ("input", "system") else theirs)
        if found.value:
            fields[ours] = found
    for key in ("format", "no_input_format", "prompt_format", "chosen_format", "rejected_format", "completion_format"):
        kind.leave(key, f"not carried: {TEMPLATE}")
    kind.leave("system_prompt", "not carried: a text for every row; `set(system: …)` in the data set writes one")
    kind.leave("system_format", f"not carried: {TEMPLATE}")
    made = record(kind, rows, fields)
    kind.rest({}, NAME)
    return made


def _training(settings: Settings, method: str) -> Training:
    adapter = settings.text("adapter") or "full"
    if adapter == "qlora":
        settings.take("load_in_4bit")
    weights = asked(settings, {"lora_r": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout"}, {"dropout": 0.0})
    if settings.flag("lora_target_linear"):
        weights["modules"] = Asked("all", settings, "lora_target_linear")
        settings.take("lora_target_modules")
    else:
        weights |= modules(settings, "lora_target_modules", ("all-linear",), None)
    names = {"num_epochs": "epochs", "learning_rate": "learning_rate", "weight_decay": "weight_decay"}
    defaults = {"epochs": 1, "max_length": 512}
    given = asked(settings, {**names, "sequence_len": "max_length", "rl_beta": "beta"}, defaults)
    given |= batches(settings, "micro_batch_size", "gradient_accumulation_steps", 1)
    settings.leave("batch_size", "not carried: taken from `micro_batch_size` and `gradient_accumulation_steps`")
    given |= warmup(settings, "warmup_ratio", "warmup_steps")
    if settings.flag("sample_packing"):
        given["packing"] = Asked(True, settings, "sample_packing")
    given["schedule"] = Asked(settings.text("lr_scheduler", "cosine"), settings, "lr_scheduler")
    if method == "sft" or "rl_beta" not in settings:
        given.pop("beta", None)
    return Training(
        Asked(settings.text("base_model"), settings, "base_model"), adapter, {} if adapter == "full" else weights,
        method, given,
    )  # fmt: skip
