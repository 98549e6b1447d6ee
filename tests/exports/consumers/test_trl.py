"""The layout `messages`, trained on by TRL: what it learns of each row, and one step of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exports.consumers.conftest import learnt
from tests.exports.material import exported

pytestmark = pytest.mark.extras


def loaded(tmp_path: Path, row_type: str) -> Any:
    import datasets

    done = exported(tmp_path, row_type, "messages")
    return datasets.load_dataset(str(done.folder / "out"), cache_dir=str(tmp_path / "cache"))["train"]


def settings(tmp_path: Path) -> dict[str, Any]:
    return {
        "output_dir": str(tmp_path / "trained"), "max_steps": 1, "per_device_train_batch_size": 2, "report_to": "none",
        "use_cpu": True, "bf16": False, "max_length": 512, "save_strategy": "no", "disable_tqdm": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row_type", "answers"),
    [
        ("instruction", [["un chat<|im_end|>"], ["一个行动达到两个目的。\u2028完<|im_end|>"]]),
        ("chat", [["你好！<|im_end|>"], ["Two.<|im_end|>", "Four.<|im_end|>"]]),
        ("choice", [["B. 4<|im_end|>"], ["A. 蓝色<|im_end|>"]]),
    ],
)
def test_sft_learns_the_answers_alone(
    tmp_path: Path, tokenizer: Any, model: Any, row_type: str, answers: list[list[str]]
) -> None:
    from trl import SFTConfig, SFTTrainer

    args = SFTConfig(assistant_only_loss=True, **settings(tmp_path))
    trainer = SFTTrainer(model, args, train_dataset=loaded(tmp_path, row_type), processing_class=tokenizer)
    batch = trainer.data_collator([trainer.train_dataset[number] for number in range(2)])
    seen = [
        learnt(tokenizer, ids, labels)
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True)
    ]
    assert seen == answers
    trainer.train()


def test_sft_learns_texts_whole(tmp_path: Path, tokenizer: Any, model: Any) -> None:
    from trl import SFTConfig, SFTTrainer

    args = SFTConfig(**settings(tmp_path))
    trainer = SFTTrainer(model, args, train_dataset=loaded(tmp_path, "text"), processing_class=tokenizer)
    texts = [tokenizer.decode(row["input_ids"]) for row in trainer.train_dataset]
    assert texts == ["A story.\nIts end.<|im_end|>", "一个故事。<|im_end|>"]
    trainer.train()


def test_dpo_compares_the_answers(tmp_path: Path, tokenizer: Any, model: Any) -> None:
    from copy import deepcopy

    from trl import DPOConfig, DPOTrainer

    trainer = DPOTrainer(
        model, deepcopy(model), args=DPOConfig(**settings(tmp_path)), train_dataset=loaded(tmp_path, "preference"),
        processing_class=tokenizer,
    )  # fmt: skip
    rows = [
        {key: tokenizer.decode(ids) for key, ids in row.items() if key.endswith("ids")} for row in trainer.train_dataset
    ]
    for row, prompt, chosen, rejected in zip(
        rows, ("Say hello.", "问好。"), ("Hello!", "你好！"), ("No.", "不。"), strict=True
    ):
        asked, liked, disliked = row.values()
        assert asked == f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
        assert (liked, disliked) == (f"{chosen}<|im_end|>\n", f"{rejected}<|im_end|>\n")
    trainer.train()


def test_every_key_of_a_configuration_is_known(tmp_path: Path) -> None:
    """What `lint --from-yaml` calls unknown is no key of this TRL."""
    import dataclasses
    import json

    import trl

    from tunec.from_yaml import spec_from_yaml
    from tunec.runtime.catalogue import load_catalogue

    for config in (trl.SFTConfig, trl.DPOConfig, trl.KTOConfig):
        kinds = (config, trl.ModelConfig, trl.ScriptArguments, trl.DatasetMixtureConfig)
        keys = {field.name for kind in kinds for field in dataclasses.fields(kind) if field.init} - {"datasets"}
        path = tmp_path / "conf.json"
        path.write_text(json.dumps(dict.fromkeys(sorted(keys), "a")), encoding="utf-8")
        unknown = [said.key for said in spec_from_yaml(path, load_catalogue()).left if "does not know" in said.reason]
        assert not unknown
