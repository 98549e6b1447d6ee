"""What the linter knows of models that are loaded here: the JSON beside their weights, read without any library."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tunec.compiler.graph import Node, make_node
from tunec.compiler.lint.check import check_spec
from tunec.compiler.sample import ModelSeen, Sample
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.models.bundled import MODELS, weights_file
from tunec.runtime.models.looking import look
from tunec.runtime.tuning.training.proof.templates import KNOWN, Known

CHAT = [{"role": role, "content": "你好"} for role in ("system", "user", "assistant", "user", "assistant")]


def model(folder: Path, template: str | None, **settings: object) -> Path:
    """The settings of a model, without weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 512, **settings}), encoding="utf-8")
    found = {} if template is None else {"chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(found), encoding="utf-8")
    return folder


def codes(folder: Path, rows: list[object], objective: str = "sft(max_length: 512)", base: str = "m") -> list[str]:
    (folder / "rows.jsonl").write_text("".join(json.dumps({"messages": r}) + "\n" for r in rows), encoding="utf-8")
    spec = folder / "a.tune"
    spec.write_text(
        'source rows = jsonl("rows.jsonl", format: messages, license: "MIT")\n'
        f'model base = local("{base}")\ntrain first from base on rows {{ lora() {objective} }}\n'
        f"train again from first on rows {{ lora() {objective} }}\n",
        encoding="utf-8",
    )
    found = check_spec(spec, load_catalogue()).diagnostics
    return sorted(d.code for d in found if d.code in ("T506", "T507"))


@pytest.mark.parametrize("known", [known for known in KNOWN if known.hurts], ids=lambda known: known.name)
def test_templates_that_are_known_to_break_such_rows(known: Known, tmp_path: Path) -> None:
    model(tmp_path / "m", " ".join(known.holds))
    thought = [CHAT[1], {"role": "assistant", "content": "<think>嗯</think>你好"}]
    call = {"type": "function", "function": {"name": "now", "arguments": {}}}
    called = [CHAT[1], {"role": "assistant", "content": None, "tool_calls": [call]}]
    rows: list[object] = {"reasoning": [thought], "tools": [called]}.get(known.hurts[0], [CHAT])
    # Both trainings: the second stands on the first.
    assert codes(tmp_path, rows) == ["T507", "T507"]
    assert codes(tmp_path, rows, "sft(max_length: 512, template: training)") == []
    assert codes(tmp_path, [CHAT[1:3]]) == []


def test_the_bundled_model_has_no_form_for_tools(tmp_path: Path) -> None:
    asked = {"messages": CHAT[1:3]}
    tools = [{"type": "function", "function": {"name": "now", "parameters": {}}}]
    spec = tmp_path / "a.tune"
    for record, found in ((asked, []), ({**asked, "tools": []}, []), ({**asked, "tools": tools}, ["T507"])):
        (tmp_path / "rows.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
        spec.write_text(
            'source rows = jsonl("rows.jsonl", format: messages, license: "MIT")\n'
            'model base = bundled("smollm2-135m-instruct")\ntrain t from base on rows { lora() sft() }\n',
            encoding="utf-8",
        )
        told = check_spec(spec, load_catalogue()).diagnostics
        assert [d.code for d in told if d.code == "T507"] == found


def test_a_text_about_reasoning_is_none(tmp_path: Path) -> None:
    known = next(known for known in KNOWN if known.name == "DeepSeek R1")
    model(tmp_path / "m", " ".join(known.holds))
    assert codes(tmp_path, [[CHAT[1], {"role": "assistant", "content": 'The key is "reasoning".'}]]) == []
    assert codes(tmp_path, [[CHAT[1], {**CHAT[2], "reasoning_content": "嗯"}]]) == ["T507", "T507"]


def test_files_and_models_are_looked_at_once_for_all_variants(tmp_path: Path) -> None:
    model(tmp_path / "m", None)
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": CHAT}), encoding="utf-8")
    spec = tmp_path / "a.tune"
    spec.write_text(
        'source rows = jsonl("a.jsonl", format: messages, license: "MIT")\nmodel base = local("m")\n'
        "vary n in [1, 2]\ntrain t from base on rows { lora() sft(max_length: 513, epochs: n) }\n",
        encoding="utf-8",
    )
    real, seen = load_catalogue(), list[str]()

    def look(node: Node, folder: Path) -> Sample | None:
        seen.append(node.op)
        return real.look(node, folder)

    def look_at_model(node: Node, folder: Path) -> ModelSeen | None:
        seen.append(node.op)
        return real.look_at_model(node, folder)

    check_spec(spec, replace(real, look=look, look_at_model=look_at_model))
    assert sorted(seen) == ["connectors.jsonl", "models.local"]


def test_a_name_that_is_too_long_for_a_file_is_not_at_hand(tmp_path: Path) -> None:
    spec = tmp_path / "a.tune"
    spec.write_text(f'model base = local("{"x" * 300}")\n', encoding="utf-8")
    assert "T312" in {d.code for d in check_spec(spec, load_catalogue()).diagnostics}


def test_turns_that_are_not_trained_are_context(tmp_path: Path) -> None:
    model(tmp_path / "m", "last_query_index </think>")
    context = [*CHAT[:2], {**CHAT[2], "train": False}, *CHAT[3:]]
    assert codes(tmp_path, [context]) == []


def test_a_model_without_a_template_and_rows_beyond_its_context(tmp_path: Path) -> None:
    model(tmp_path / "m", None)
    assert codes(tmp_path, [CHAT]) == ["T507", "T507"]
    assert codes(tmp_path, [CHAT], "sft(max_length: 513, template: alpaca)") == ["T506", "T506"]
    model(
        tmp_path / "inner", "{{ messages }}", max_position_embeddings=None, text_config={"max_position_embeddings": 9}
    )
    assert codes(tmp_path, [CHAT], base="inner") == ["T506", "T506"]
    (tmp_path / "inner" / "config.json").write_text("{", encoding="utf-8")
    assert codes(tmp_path, [CHAT], base="inner") == []  # the build says that it is broken
    (tmp_path / "inner" / "config.json").write_text('{"text_config": "x"}', encoding="utf-8")
    assert codes(tmp_path, [CHAT], base="inner") == []


def test_the_cache_of_the_hub_lies_where_its_library_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "~/caches")
    hub = tmp_path / "caches" / "huggingface" / "hub"
    model(hub / "models--org--name" / "snapshots" / "main", None)

    def seen(**more: str) -> bool:
        node = make_node("models.local", (), {"path": "org/name", **more}, None, "model")
        return look(node, tmp_path) is not None

    assert seen() and not seen(revision="x" * 300)  # no file can be called so
    (hub / "models--org--name" / "refs").mkdir()
    (hub / "models--org--name" / "refs" / "main").write_bytes(b"\xff")
    assert seen()


def test_a_model_in_the_cache_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = tmp_path / "hub" / "models--org--name"
    model(cached / "snapshots" / "abc", "<|assistant|> <|end|> eos_token")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc", encoding="utf-8")
    assert codes(tmp_path, [CHAT], base="org/name") == ["T507", "T507"]
    assert codes(tmp_path, [CHAT], base="org/other") == []


TRIED = """rule worth from [rows, more] {
    let length = words(response)
    subsets(8, rows: 10)
    finetune(base, rank: 80)
    loss(on: held)
    least_squares()
}"""
SEARCHED = "dataset found from rows { search(2..20, by: random()) { finetune(base, rank: 80) loss(on: held) } }"


@pytest.mark.parametrize(
    ("use", "width", "told"),
    [
        ("train t from base on rows { lora(rank: 80) sft() }", 64, "`rank` is 80, and the model is 64 wide"),
        ("train t from base on rows { qlora(rank: 80) sft() }", 64, "`rank` is 80, and the model is 64 wide"),
        (TRIED, 64, "`rank` is 80, and the model is 64 wide"),
        (SEARCHED, 64, "`rank` is 80, and the model is 64 wide"),
        ("train t from base on rows { lora(rank: 64) sft() }", 64, ""),
        ("train t from base on rows { lora(rank: 80) sft() }", None, ""),
        ("train t from base on rows { lora(rank: 50000) sft() }", None,
         "`rank` is 50,000, and no model that was published is wider than 20,480"),
    ],
)  # fmt: skip
def test_a_rank_above_the_width(tmp_path: Path, use: str, width: int | None, told: str) -> None:
    model(tmp_path / "m", None, text_config={"hidden_size": width})
    (tmp_path / "a.jsonl").write_text('{"instruction": "a", "output": "b"}\n' * 40, encoding="utf-8")
    names = ("rows", "more", "held")
    sources = [f'source {name} = jsonl("a.jsonl", format: alpaca, license: "{name}")' for name in names]
    spec = tmp_path / "a.tune"
    spec.write_text("\n".join([*sources, 'model base = local("m")', use]) + "\n", encoding="utf-8")
    found = [d.message for d in check_spec(spec, load_catalogue()).diagnostics if d.code == "T508"]
    assert found == ([told] if told else [])


@pytest.mark.parametrize("several", [False, True])
def test_parts_that_no_weight_has_in_its_name(tmp_path: Path, several: bool) -> None:
    for name in ("one", "two"):
        model(tmp_path / name, None)
        weights = {"model.layers.0.mixer.in_proj.weight": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}
        head = json.dumps({"__metadata__": {"self_attn": "none"}, **weights}).encode()
        if several:
            index = json.dumps({"weight_map": dict.fromkeys(weights, "model-1.safetensors")})
            (tmp_path / name / "model.safetensors.index.json").write_text(index, encoding="utf-8")
        else:
            (tmp_path / name / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    spec, found = tmp_path / "a.tune", {}
    for part in ("self_attn", "mixer"):
        spec.write_text(
            'model one = local("one")\nmodel two = local("two")\n'
            f"merge m from [one, two] {{ slerp(t: {{{part}: 0, default: 1}}) }}\n",
            encoding="utf-8",
        )
        found[part] = [d.message for d in check_spec(spec, load_catalogue()).diagnostics if d.severity == "error"]
    assert found == {"self_attn": ["`t` of `slerp`: no weight of `one` is named `self_attn`"], "mixer": []}


def test_what_is_said_of_the_bundled_model_is_what_it_is() -> None:
    torch, gguf = pytest.importorskip("torch"), pytest.importorskip("gguf")
    from transformers import LlamaConfig, LlamaForCausalLM

    bundle = MODELS["smollm2-135m-instruct"]
    stated = gguf.GGUFReader(weights_file(bundle)).fields

    def number(name: str) -> int:
        return int(stated[f"llama.{name}"].contents())

    assert (bundle.width, bundle.layers, bundle.context) == (
        number("embedding_length"), number("block_count"), number("context_length")
    )  # fmt: skip
    with torch.device("meta"):
        made = LlamaForCausalLM(LlamaConfig(num_hidden_layers=bundle.layers, tie_word_embeddings=True))
    assert {name for name, _ in made.named_parameters()} == set(bundle.weights)


def test_a_path_that_looks_like_the_id_of_a_model_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))

    def told(source: str) -> list[tuple[str, str]]:
        spec = tmp_path / "a.tune"
        spec.write_text(f"{source}\n", encoding="utf-8")
        found = check_spec(spec, load_catalogue()).diagnostics
        return [(d.message, d.help) for d in found if d.code == "T332"]

    absent = "`Qwen/Qwen2.5-0.5B` is no folder here, and not in the local cache of the Hugging Face Hub"
    help_ = "if it is a model on the Hub: `hf download Qwen/Qwen2.5-0.5B{}`; a build downloads none"
    assert told('model m = local("Qwen/Qwen2.5-0.5B")') == [(absent, help_.format(""))]
    pinned = 'model m = local("Qwen/Qwen2.5-0.5B", revision: "abc")'
    assert told(pinned) == [(absent, help_.format(" --revision abc"))]
    (message, help_) = told('embedder e = local("BAAI/bge-m3")')[0]
    assert message.startswith("no file matches") and "hf download BAAI/bge-m3 --local-dir BAAI/bge-m3" in help_
    model(tmp_path / "cache" / "models--Qwen--Qwen2.5-0.5B" / "snapshots" / "abc", None)
    assert told(pinned) == []
    # A name that is nearly one of a folder here is more likely meant for that.
    model(tmp_path / "models" / "mine", None)
    assert told('model m = local("modles/mine")')[0][1] == "did you mean `models/mine`?"
