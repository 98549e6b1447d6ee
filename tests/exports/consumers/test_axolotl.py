"""The layout `axolotl`, read by the prompt strategies of axolotl itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.exports.consumers.conftest import learnt
from tests.exports.material import exported, lines
from tunec.runtime.exchange.export import Exported

pytest.importorskip("axolotl", reason="`make test-extras` installs it")
pytestmark = pytest.mark.extras


def config(done: Exported) -> Any:
    """The configuration that an export writes, with what a training adds to it, checked by axolotl's own schema."""
    from axolotl.utils.dict import DictDefault
    from axolotl.utils.schemas.datasets import DPODataset, SFTDataset

    said = yaml.safe_load((done.folder / "out.yaml").read_text(encoding="utf-8"))
    for entry in (*said["datasets"], *said["test_datasets"]):
        (DPODataset if said.get("rl") else SFTDataset)(**entry)
    return DictDefault({"chat_template": "tokenizer_default", "sequence_len": 512, "train_on_inputs": False, **said})


@pytest.mark.parametrize(
    ("row_type", "answers"),
    [
        ("instruction", [["un chat<|im_end|>"], ["一个行动达到两个目的。\u2028完<|im_end|>"]]),
        ("chat", [["你好！<|im_end|>"], ["Two.<|im_end|>", "Four.<|im_end|>"]]),
        ("choice", [["B. 4<|im_end|>"], ["A. 蓝色<|im_end|>"]]),
    ],
)
def test_it_learns_the_answers_alone(tmp_path: Path, tokenizer: Any, row_type: str, answers: list[list[str]]) -> None:
    from axolotl.prompt_strategies import load

    done = exported(tmp_path, row_type, "axolotl")
    said = config(done)
    (entry,) = said.datasets
    strategy = load(entry.type, tokenizer, said, entry)
    rows = [strategy.tokenize_prompt(row) for row in lines(done.folder / entry.path)]
    assert [learnt(tokenizer, row["input_ids"], row["labels"]) for row in rows] == answers


def test_it_learns_texts_whole(tmp_path: Path, tokenizer: Any) -> None:
    from axolotl.prompt_strategies import load

    done = exported(tmp_path, "text", "axolotl")
    said = config(done)
    (entry,) = said.datasets
    rows = load(entry.type, tokenizer, said, entry).tokenize_prompt(
        {entry.field: [row[entry.field] for row in lines(done.folder / entry.path)]}
    )
    assert [tokenizer.decode(ids) for ids in rows["input_ids"]] == [
        "A story.\nIts end.<|im_end|>",
        "一个故事。<|im_end|>",
    ]
    assert rows["labels"] == rows["input_ids"]


def test_it_compares_the_answers(tmp_path: Path, tokenizer: Any) -> None:
    from axolotl.prompt_strategies.dpo import load

    done = exported(tmp_path, "preference", "axolotl")
    said = config(done)
    (entry,) = said.datasets
    transform, _ = load(entry.type, said, dataset_idx=0)
    first, second = (transform(row, tokenizer=tokenizer) for row in lines(done.folder / entry.path))
    assert second["prompt"] == "<|im_start|>user\n问好。<|im_end|>\n<|im_start|>assistant\n"
    assert (second["chosen"], second["rejected"]) == ("你好！<|im_end|>", "不。<|im_end|>")
    assert (first["chosen"], first["rejected"]) == ("Hello!<|im_end|>", "No.<|im_end|>")


#: A template that shows all that a row may have. (axolotl looks for the fields of what is called `message` in it.)
WHOLE = (
    "{% for t in tools or [] %}TOOL {{ t['function']['name'] }} {{ t['function']['parameters'] | tojson }}\n"
    "{% endfor %}{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['reasoning_content'] %}[{{ message['reasoning_content'] }}]{% endif %}{{ message['content'] or '' }}"
    "{% for c in message['tool_calls'] or [] %}"
    "CALL {{ c['function']['name'] }} {{ c['function']['arguments'] | tojson }}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TOOLS = '[{"type":"function","function":{"name":"w","parameters":{"type":"object","properties":{"b":{},"a":{}}}}}]'
CALL = {"id": "1", "name": "w", "arguments": '{"a":1}'}


def test_it_sees_tools_calls_and_reasoning_and_learns_what_is_to_be_learnt(tmp_path: Path, tokenizer: Any) -> None:
    from copy import deepcopy

    from axolotl.prompt_strategies import load

    whole = deepcopy(tokenizer)
    whole.chat_template = WHOLE
    calling = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "reasoning": "想", "content": "I look.", "tool_calls": [CALL], "train": False},
        {"role": "tool", "content": "晴", "tool_call_id": "1"},
        {"role": "assistant", "content": "Sunny.", "train": True},
    ]
    plain = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "好"}]
    rows = [{"messages": calling, "tools": TOOLS}, {"messages": plain, "tools": None}]
    done = exported(tmp_path, "chat", "axolotl", {"train": rows, "validation": rows})
    said = config(done)
    (entry,) = said.datasets
    strategy = load(entry.type, whole, said, entry)
    first, second = (strategy.tokenize_prompt(row) for row in lines(done.folder / entry.path))
    text = whole.decode(first["input_ids"])
    assert text.startswith('TOOL w {"type": "object", "properties": {"b": {}, "a": {}}}')
    assert '[想]I look.CALL w {"a": 1}<|im_end|>' in text and "<|im_start|>tool\n晴<|im_end|>" in text
    assert learnt(whole, first["input_ids"], first["labels"]) == ["Sunny.<|im_end|>"]
    assert learnt(whole, second["input_ids"], second["labels"]) == ["好<|im_end|>"]
