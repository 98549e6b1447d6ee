"""Configurations of Unsloth (`unsloth train --config FILE`), which its Studio writes as well.

Sources: `unsloth_cli/config.py` (keys and defaults) and `studio/backend/assets/configs/` of unslothai/unsloth.
"""

from __future__ import annotations

from tunec.from_yaml.places import Place, sources
from tunec.from_yaml.reasons import UNSLOTH
from tunec.from_yaml.settings import NotUnderstood, Settings
from tunec.from_yaml.start import Asked, Format, Start, Training, asked, batches, modules, warmup, with_model

NAME = "Unsloth"
_FORMATS = {
    "alpaca": Format("instruction", "alpaca"),
    "chatml": Format("chat", "messages"),
    "sharegpt": Format("chat", "sharegpt"),
    "conversational": Format("chat", "auto(rows: chat)"),
    "raw": Format("text", "text"),
}


def is_unsloth(settings: Settings) -> bool:
    """Whether a file looks like a configuration of Unsloth."""
    data = settings.values.get("data")
    return isinstance(data, Settings) and bool(data.values.keys() & {"dataset", "local_dataset", "format_type"})


def read(settings: Settings, start: Start) -> None:
    """Fill in what the configuration says."""
    data, training = settings.inner("data"), settings.inner("training")
    kind = data.text("format_type", "auto").strip().lower()
    form = _FORMATS.get(kind)
    if form is None:
        data.leave_entry("the file does not say which columns its rows have; `auto` reads what they say: check it")
        form = Format("chat", "auto(rows: chat)")
    for path in (*data.texts("dataset"), *data.texts("local_dataset")):
        start.sources += sources(data, Place(path, data.text("split", "train")), form)
    if not start.sources:
        raise NotUnderstood(f"{data.where()}: neither `dataset` nor `local_dataset` names a data set")
    seed = training.number("random_seed")
    start.seed = seed if isinstance(seed, int) and seed >= 0 else None
    start.training = with_model(_training(settings, training, settings.inner("lora"), kind))
    for part in (data, training):
        part.rest(UNSLOTH, NAME)
    settings.rest(UNSLOTH, NAME)


def _training(settings: Settings, training: Settings, lora: Settings, kind: str) -> Training:
    adapter = training.text("training_type", "lora").lower()
    names = {"lora_r": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout"}
    weights = asked(lora, names, {"rank": 64, "alpha": 16, "dropout": 0.0})
    weights |= modules(lora, "target_modules", ("all-linear",), "all-linear")
    plain = {"num_epochs": "epochs", "learning_rate": "learning_rate", "weight_decay": "weight_decay"}
    defaults = {"epochs": 3, "learning_rate": 2e-4, "weight_decay": 0.01, "max_length": 2048}
    given = asked(training, {**plain, "max_seq_length": "max_length"}, defaults)
    given |= batches(training, "batch_size", "gradient_accumulation_steps", 2)
    given |= warmup(training, "warmup_ratio", "warmup_steps")
    if training.flag("packing"):
        given["packing"] = Asked(True, training, "packing")
    if kind != "raw" and not training.flag("train_on_completions"):
        training.leave("train_on_completions", "not carried: `sft` trains the assistant's turns only")
    lora.rest(UNSLOTH, NAME)
    return Training(
        Asked(settings.text("model"), settings, "model"), adapter, {} if adapter == "full" else weights,
        "pretrain" if kind == "raw" else "sft", given,
    )  # fmt: skip
