"""Configurations of LLaMA-Factory: the YAML of a training with its `dataset_info.json`, or the latter alone.

Sources: `data/README.md`, `src/llamafactory/data/parser.py` and `converter.py`, and the arguments in
`src/llamafactory/hparams/` of hiyouga/LLaMA-Factory; defaults of the trainer are those of transformers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tunec.from_yaml.formats import column, record, role_is_known
from tunec.from_yaml.places import Place, sources
from tunec.from_yaml.reasons import LLAMAFACTORY
from tunec.from_yaml.settings import NotUnderstood, Settings, read_settings
from tunec.from_yaml.start import Asked, Format, Source, Start, Training, asked, batches, modules, warmup, with_model

NAME = "LLaMA-Factory"
_ADDRESSES = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name", "file_name")
_TAGS = {
    "user_tag": ("human", "user"), "assistant_tag": ("gpt", "assistant"), "observation_tag": ("observation", "tool"),
    "function_tag": ("function_call", "assistant"), "system_tag": ("system", "system"),
}  # fmt: skip
#: The columns of an entry, with their names if no column is named.
_COLUMNS = {
    "prompt": "instruction", "query": "input", "response": "output", "messages": "conversations", "history": "",
    "system": "", "tools": "", "chosen": "", "rejected": "", "kto_tag": "",
}  # fmt: skip

#: What `format: llamafactory` calls the columns of an entry in alpaca form.
_OWN = {key: {"prompt": "instruction", "query": "input", "response": "output"}.get(key, key) for key in (
    "prompt", "query", "response", "history", "system", "tools", "chosen", "rejected", "kto_tag",
)}  # fmt: skip


def is_training(settings: Settings) -> bool:
    """Whether a file looks like the configuration of a training."""
    return bool(settings.values.keys() & {"stage", "dataset_dir", "finetuning_type", "cutoff_len"}) or isinstance(
        settings.values.get("dataset"), str
    )


def is_catalogue(settings: Settings) -> bool:
    """Whether a file looks like a `dataset_info.json`."""
    return any(
        isinstance(entry, Settings) and entry.values.keys() & set(_ADDRESSES) for entry in settings.values.values()
    )


def read_catalogue(settings: Settings, start: Start) -> None:
    """Fill in every data set of a `dataset_info.json`."""
    for name in settings.values:
        entry = settings.take(name)
        if isinstance(entry, Settings) and entry.values.keys() & set(_ADDRESSES):
            start.sources += _entry(entry, name, "", {})
        else:
            settings.leave(name, "not carried: it has neither `file_name` nor the name of a repository")
    start.together = False


def read(settings: Settings, start: Start) -> None:
    """Fill in what the configuration of a training says, with the data sets that it names."""
    stage = settings.text("stage", "sft")
    folder = settings.text("dataset_dir", "data")
    limit = settings.number("max_samples")
    more: dict[str, Any] = {"limit": limit if isinstance(limit, int) and limit > 0 else None, "stage": stage}
    known, place = _catalogue(settings, folder)
    for key, found in (("dataset", start.sources), ("eval_dataset", start.held_out)):
        for name in settings.texts(key, separator=","):
            found += _named(settings, key, name, known, place, more)
    _mixture(settings, start)
    held = settings.number("val_size", 0) or 0
    if 0 < held < 1:
        start.validation = float(held)
    elif held:
        settings.leave("val_size", "not carried: `split` has shares, not a number of rows")
    seed = settings.number("seed")
    start.seed = seed if isinstance(seed, int) and seed >= 0 else None
    if settings.flag("train_on_prompt"):
        settings.leave("train_on_prompt", "not carried: `sft` trains the assistant's turns only")
    if settings.flag("mask_history"):
        settings.leave("mask_history", "not carried: `sft` trains every turn of the assistant")
    start.training = with_model(_training(settings, stage))
    settings.rest(LLAMAFACTORY, NAME)


def _catalogue(settings: Settings, folder: str) -> tuple[Settings | None, str]:
    """The `dataset_info.json` of a training, and its folder as seen from the file. LLaMA-Factory looks from where it is
    started, most often the root of its repository, with the configurations somewhere below."""
    if folder == "ONLINE":
        return None, ""
    if folder.startswith("REMOTE:"):
        raise NotUnderstood(f"{settings.where('dataset_dir')}: a remote catalogue is not read; download it first")
    base = settings.file.parent
    for above in (base, *base.resolve().parents, Path.cwd()):
        path = above / folder / "dataset_info.json"
        if path.is_file():
            seen = os.path.relpath(path.parent.resolve(), base.resolve())
            return read_settings(path, settings.left), "" if seen == "." else Path(seen).as_posix()
    looked = Path(folder) / "dataset_info.json"
    raise NotUnderstood(
        f"{settings.where('dataset_dir' if 'dataset_dir' in settings else 'dataset')}: there is no {looked} in the "
        "folder of this file or in one above it"
    )


def _named(
    settings: Settings, key: str, name: str, known: Settings | None, place: str, more: dict[str, Any]
) -> list[Source]:
    if known is None:
        entry = Settings(settings.file, settings.at(key), settings.lines[key], {"hf_hub_url": name}, {}, settings.left)
        return _entry(entry, name, "", more)
    listed = known.values.get(name)
    if not isinstance(listed, Settings):
        raise NotUnderstood(f"{settings.where(key)}: {known.file.name} has no data set {name!r}")
    return _entry(listed, name, place, more)


def _entry(entry: Settings, name: str, folder: str, more: dict[str, Any]) -> list[Source]:
    form = _format(entry, more.get("stage", ""))
    addresses = [key for key in _ADDRESSES if key in entry]
    path = entry.text(addresses[0])
    for other in addresses[1:]:
        entry.leave(other, f"not carried: `{addresses[0]}` goes before it")
    if addresses[0] in ("ms_hub_url", "om_hub_url"):
        entry.leave(addresses[0], "carried as a data set of the Hugging Face hub: check that it is there as well")
    if addresses[0] == "script_url":
        entry.leave("script_url", "not carried: tunec never runs code that comes with data")
        form = Format(form.rows, form.text, ready=False)
    on_hub = addresses[0].endswith(("hub_url", "script_url"))
    if entry.text("folder") and on_hub:
        entry.leave("folder", "not carried: `hub` reads the files that the card of the data set names")
    samples = entry.number("num_samples")
    place = Place(
        path, entry.text("split", "train"), entry.text("subset"), entry.text("revision"), "", (), more.get("limit"),
        samples if isinstance(samples, int) else None, "" if on_hub else folder, name,
    )  # fmt: skip
    made = sources(entry, place, form)
    entry.rest({}, NAME)
    return made


def _format(entry: Settings, stage: str) -> Format:
    formatting = entry.text("formatting", "alpaca")
    if formatting not in ("alpaca", "sharegpt", "openai"):
        raise NotUnderstood(f"{entry.where('formatting')}: {formatting!r} is not alpaca, sharegpt or openai")
    columns, tags = entry.inner("columns"), entry.inner("tags")
    for media in ("images", "videos", "audios"):
        columns.leave(media, "not carried: rows are texts; a row that needs its pictures or sounds is not whole")
    # Where columns are named at all, those that are not named do not exist.
    at = {key: column(columns, key, "" if columns.values else default) for key, default in _COLUMNS.items()}
    if formatting == "alpaca":
        if at["history"].value and all(at[key].value in ("", name) for key, name in _OWN.items()):
            return _with_history(entry, columns, tags, at)
        asking = {"prompt": at["prompt"], "input": at["query"], "history": at["history"]}
    else:
        asking = _turns(tags, at)
    around = {"system": at["system"], "tools": at["tools"]}
    if entry.flag("ranking"):
        rows, fields = "preference", {**asking, "chosen": at["chosen"], "rejected": at["rejected"], **around}
    elif at["kto_tag"].value:
        rows, fields = "rated", {**asking, "completion": at["response"], "label": at["kto_tag"], **around}
    elif formatting != "alpaca":
        rows, fields = "chat", {**asking, **around}
    elif at["history"].value and at["response"].value:
        said = {"history": at["history"], "user": at["prompt"], "input": at["query"], "assistant": at["response"]}
        rows, fields = "chat", {**said, **around}
    elif stage == "pt" or not at["response"].value:
        rows, fields = "text", {"text": at["prompt"]}
    else:
        said = {"instruction": at["prompt"], "input": at["query"], "response": at["response"]}
        rows, fields = "instruction", {**said, **around}
    for settings in (columns, tags):
        settings.rest({}, NAME)
    return record(entry, rows, {field: found for field, found in fields.items() if found.value})


def _with_history(entry: Settings, columns: Settings, tags: Settings, at: dict[str, Asked]) -> Format:
    """The format of an entry whose earlier turns are in a column of their own."""
    rows = "preference" if entry.flag("ranking") else "rated" if at["kto_tag"].value else "chat"
    for settings in (columns, tags):
        settings.rest({}, NAME)
    return Format(rows, "llamafactory" if rows == "chat" else f"llamafactory({rows})")


def _turns(tags: Settings, at: dict[str, Asked]) -> dict[str, Asked]:
    sides: dict[str, Asked] = {}
    for tag, (default, role) in _TAGS.items():
        name = tags.text(tag, default)
        if role_is_known(name, role):
            continue
        if tag in ("user_tag", "assistant_tag"):
            sides[role] = Asked(name, tags, tag)
        else:
            tags.leave(tag, f"not carried: tunec does not read {name!r} as {role!r}")
    return {
        "messages": at["messages"] if at["messages"].value else Asked("conversations"),
        "role": column(tags, "role_tag", "from"),
        "content": column(tags, "content_tag", "value"),
        **sides,
    }


def _mixture(settings: Settings, start: Start) -> None:
    """`mix_strategy` and `interleave_probs` as shares, where these mean the same."""
    strategy = settings.text("mix_strategy", "concat")
    weights = [float(part) for part in settings.texts("interleave_probs", separator=",") if _is_number(part)]
    if strategy in ("interleave_under", "interleave_over"):
        start.shares = weights or [1.0] * len(start.sources)
    if strategy == "interleave_over":
        settings.leave(
            "mix_strategy", "carried as shares; that small sets are repeated until the largest is read is not"
        )
    if strategy == "interleave_once" or (strategy == "concat" and weights):
        settings.leave("interleave_probs", "not carried: every row is read once, in an order by the seed of the spec")
    if start.shares and (len(start.shares) != len(start.sources) or sum(start.shares) <= 0):
        settings.leave("interleave_probs", "not carried: expected one probability for each data set")
        start.shares = []


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def _training(settings: Settings, stage: str) -> Training:
    adapter = settings.text("finetuning_type", "lora")
    weights = asked(
        settings, {"lora_rank": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout"}, {"rank": 8, "dropout": 0.0}
    )
    weights.setdefault("alpha", Asked(2 * weights["rank"].value))
    weights |= modules(settings, "lora_target", ("all",), "all")
    names = {"num_train_epochs": "epochs", "learning_rate": "learning_rate", "weight_decay": "weight_decay"}
    defaults = {"epochs": 3, "learning_rate": 5e-5, "max_length": 2048}
    given = asked(settings, {**names, "cutoff_len": "max_length"}, defaults)
    given |= batches(settings, "per_device_train_batch_size", "gradient_accumulation_steps", 8)
    given |= warmup(settings, "warmup_ratio", "warmup_steps")
    if settings.flag("packing") or ("neat_packing" in settings and settings.flag("neat_packing")):
        given["packing"] = Asked(True, settings, "packing")
    given["schedule"] = Asked(settings.text("lr_scheduler_type", "linear"), settings, "lr_scheduler_type")
    if stage in ("dpo", "kto"):
        given |= asked(settings, {"pref_beta": "beta"}, {"beta": 0.1})
    loss = settings.text("pref_loss", "sigmoid")
    objective = {"pt": "pretrain", "rm": "reward"}.get(stage, stage)
    if stage == "dpo" and loss != "sigmoid":
        objective = loss
    return Training(
        Asked(settings.text("model_name_or_path"), settings, "model_name_or_path"), adapter,
        {} if adapter == "full" else weights, objective, given,
    )  # fmt: skip
