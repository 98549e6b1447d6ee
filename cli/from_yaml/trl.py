"""Configurations of the command line of TRL (`trl sft --config FILE`, `trl dpo`, `trl kto`).

Sources: `trl/scripts/utils.py` (ScriptArguments, DatasetMixtureConfig and what `get_dataset` does with a `fraction`),
`trl/trainer/*_config.py` and `docs/source/dataset_formats.md` of huggingface/trl.
"""

from __future__ import annotations

from tunec.from_yaml.formats import column, record
from tunec.from_yaml.places import Place, sources
from tunec.from_yaml.reasons import TRL
from tunec.from_yaml.settings import NotUnderstood, Settings
from tunec.from_yaml.start import Asked, Format, Source, Start, Training, asked, batches, modules, warmup, with_model

NAME = "TRL"
#: Columns by which a selection of columns tells the form of the rows.
_TYPES = {
    frozenset({"messages"}): Format("chat", "messages"),
    frozenset({"text"}): Format("text", "text"),
    frozenset({"prompt", "completion"}): Format("instruction", '{instruction: "prompt", response: "completion"}'),
    frozenset({"prompt", "chosen", "rejected"}): Format("preference", "preference"),
}


def is_trl(settings: Settings) -> bool:
    """Whether a file looks like a configuration of TRL."""
    listed = settings.values.get("datasets")
    return "dataset_name" in settings or ("model_name_or_path" in settings and isinstance(listed, list))


def read(settings: Settings, start: Start) -> None:
    """Fill in what the configuration says."""
    method = _method(settings)
    listed = settings.take("datasets")
    if listed:
        _mixture(settings, start, listed, method)
        for key in ("dataset_name", "dataset_config", "dataset_train_split"):
            settings.leave(key, "not carried: `datasets` goes before it")
    else:
        start.sources += _named(settings, method, settings.text("dataset_train_split", "train"))
    if settings.text("eval_strategy", "no") not in ("no", "False") and not start.validation and not listed:
        start.held_out += _named(settings, method, settings.text("dataset_test_split", "test"))
    else:
        settings.take("dataset_test_split")
    held = settings.number("test_split_size", 0) or 0
    if 0 < held < 1:
        start.validation = float(held)
    elif held:
        settings.leave("test_split_size", "not carried: `split` has shares, not a number of rows")
    seed = settings.number("seed")
    start.seed = seed if isinstance(seed, int) and seed >= 0 else None
    start.training = with_model(_training(settings, method))
    settings.rest(TRL, NAME)


def _method(settings: Settings) -> str:
    """The command that a file is for, which it does not say: told by the settings that only one of them has."""
    keys = settings.values.keys()
    if keys & {"desirable_weight", "undesirable_weight"}:
        return "kto"
    if keys & {"reward_funcs", "num_generations"}:
        return "grpo"
    if "beta" in keys or keys & {"precompute_ref_log_probs", "ld_alpha", "use_weighting", "label_smoothing"}:
        return "dpo"
    return "sft"


def _format(settings: Settings, method: str, columns: list[str]) -> Format:
    if method == "dpo":
        return Format("preference", "preference")
    if method == "kto":
        return record(settings, "rated", {name: Asked(name) for name in ("prompt", "completion", "label")})
    if method == "grpo":
        settings.leave_entry("not carried: tasks with rewards are not supported yet")
        return Format("task", "auto(rows: task)", ready=False)
    if found := _TYPES.get(frozenset(columns) - {"tools"}):
        return found
    if "dataset_text_field" in settings:
        return record(settings, "text", {"text": column(settings, "dataset_text_field")})
    settings.leave_entry("the file does not say which columns its rows have; `auto` reads what they say: check it")
    return Format("chat", "auto(rows: chat)")


def _named(settings: Settings, method: str, split: str) -> list[Source]:
    place = Place(settings.text("dataset_name"), split, settings.text("dataset_config"))
    if not place.path:
        raise NotUnderstood(f"{settings.file.name} has neither `dataset_name` nor `datasets`")
    return sources(settings, place, _format(settings, method, []))


def _mixture(settings: Settings, start: Start, listed: object, method: str) -> None:
    if not isinstance(listed, list):
        raise NotUnderstood(f"{settings.where('datasets')}: expected a list")
    weights: list[float | None] = []
    for number, entry in enumerate(listed, 1):
        if not isinstance(entry, Settings) or not entry.text("path"):
            raise NotUnderstood(f"{settings.where('datasets')}: entry {number} of `datasets` has no `path`")
        form = _format(entry, method, entry.texts("columns"))
        if isinstance(entry.values.get("data_files"), Settings):
            entry.leave("data_files", "not carried: a mapping of splits to files; list the files")
        files = [] if "data_files" in entry.taken else entry.texts("data_files")
        entry.leave("data_dir", "not carried: `hub` reads the files that the card of the data set names")
        place = Place(
            entry.text("path"), entry.text("split", "train"), entry.text("name"), files=files,
        )  # fmt: skip
        found = sources(entry, place, form)
        weights += [entry.number("fraction")] * len(found)
        start.sources += found
        entry.rest({}, NAME)
    if all(weight is not None and weight > 0 for weight in weights):
        start.shares = [float(weight) for weight in weights if weight]


def _training(settings: Settings, method: str) -> Training:
    adapter = "lora" if settings.flag("use_peft") else "full"
    names = {"lora_r": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout"}
    weights = asked(settings, names, {"rank": 16, "alpha": 32, "dropout": 0.05})
    weights |= modules(settings, "lora_target_modules", ("all-linear",), None)
    plain = {"num_train_epochs": "epochs", "learning_rate": "learning_rate", "weight_decay": "weight_decay"}
    defaults = {"epochs": 3, "learning_rate": 2e-5 if method == "sft" else 1e-6, "max_length": 1024}
    given = asked(settings, {**plain, "max_length": "max_length", "max_seq_length": "max_length"}, defaults)
    given |= batches(settings, "per_device_train_batch_size", "gradient_accumulation_steps", 8)
    given |= warmup(settings, "warmup_ratio", "warmup_steps")
    if settings.flag("packing"):
        given["packing"] = Asked(True, settings, "packing")
    given["schedule"] = Asked(settings.text("lr_scheduler_type", "linear"), settings, "lr_scheduler_type")
    if method in ("dpo", "kto"):
        given |= asked(settings, {"beta": "beta"}, {"beta": 0.1})
    # On lists of turns, TRL trains all of them unless it is told otherwise.
    if method == "sft" and not settings.flag("assistant_only_loss"):
        settings.leave("assistant_only_loss", "not carried: `sft` trains the assistant's turns only")
    if method == "sft" and "completion_only_loss" in settings and not settings.flag("completion_only_loss"):
        settings.leave("completion_only_loss", "not carried: `sft` trains the assistant's turns only")
    return Training(
        Asked(settings.text("model_name_or_path"), settings, "model_name_or_path"), adapter,
        weights if adapter == "lora" else {}, method, given,
    )  # fmt: skip
