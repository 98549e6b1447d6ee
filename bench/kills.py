"""Kills builds (`kill -9`) at random moments of curation, generation and training, and looks at what is left.

The language model is a tiny one with random weights and the tokenizer of the bundled model: it loads, samples and
trains as a large one does, in a second. Each build runs in a process that is forked from one that has imported the
libraries, so that the moments fall into the work and not into the imports.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from attacks import Seen

SPEC = """
spec kills(version: "1.0.0", seed: 5, license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
benchmark quiz = jsonl("quiz.jsonl", format: choice)
model base = bundled("smollm2-135m-instruct", temperature: 0.9, batch_size: 4)
generate answered from tasks {
    respond(base, max_tokens: 16)
}
dataset small from [tasks, answered] {
    normalize()
    filter { keep words(prompt) in 2..50 }
    dedup { exact(text)  near(text, jaccard: 0.9) }
    decontaminate(against: [quiz]) { exact()  ngram(8) }
    split { train: 80%, validation: 20% }
}
train tuned from base on small {
    lora(rank: 2, alpha: 4)
    sft(epochs: 1, learning_rate: 1e-3, batch_size: 4, max_length: 128)
}
"""
ROWS = 12
WIDTH = 16
WORDS = "the old bridge of stone is long and was built over a river by people who knew how to cut wood with care"


@dataclass
class Killed:
    """What came of the kills."""

    kills: int = 0
    builds: int = 0  # that were let run to their end after kills
    during: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def kill(root: Path, wanted: int, seed: int = 11) -> Killed:
    """Kill builds at so many random moments. After each kill `gc` runs, and what it leaves is looked at."""
    os.environ |= {"TUNEC_CACHE": str(root / "cache"), "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # their threads would not live on in a fork
    _tiny_weights(root)
    _import()
    draw = random.Random(seed)
    whole = _prepared(root / "whole")
    began = time.monotonic()
    if _build(whole, None) != 0:
        raise SystemExit((whole / "said").read_text(encoding="utf-8"))
    longest = time.monotonic() - began
    _collect(whole)
    files, shown = _names(whole), _published(whole)
    found, place = Killed(), _prepared(root / "place")
    while found.kills < wanted:
        code = _build(place, draw.uniform(0, longest))
        if code == -signal.SIGKILL:
            found.kills += 1
            print(f"... {found.kills} of {wanted} kills", file=sys.stderr, flush=True)
            found.during[_last_step(place)] += 1
            _collect(place)
            found.left += sorted(_names(place) - files)
            if draw.random() < 0.85:  # the next build goes on from here; else it is let run to its end
                continue
            code = _build(place, None)
        found.builds += 1
        _collect(place)
        if code != 0 or _published(place) != shown or _names(place) != files:
            found.wrong.append(f"after {found.kills} kills: {code}, {sorted(_names(place) ^ files)[:3]}")
        shutil.rmtree(place)
        place = _prepared(root / "place")
    return found


def killed(root: Path, moments: int) -> Seen:
    """The line of the table."""
    found = kill(root, moments)
    during = ", ".join(f"{count} in {what}" for what, count in found.during.most_common())
    said = f"{found.kills} kills ({during}), {found.builds} builds that went on to their end"
    said += "".join(f"; left: {name}" for name in found.left[:3]) + "".join(f"; {wrong}" for wrong in found.wrong[:3])
    return Seen(
        f"`kill -9` at {moments} random moments over curation, generation and training, and `gc` after each",
        "nothing is left, and builds that go on end with the same files",
        said + ("" if found.left or found.wrong else "; 0 files left, the same files"),
        not found.left and not found.wrong,
    )


def _tiny_weights(root: Path) -> None:
    """Put the tiny model where the weights of the bundled one are looked for. Other processes do it, so that this one
    computes nothing before it is forked."""
    if (child := os.fork()) == 0:
        try:
            import torch

            from tunec.runtime.models import weights
            from tunec.runtime.ops.models.bundled import bundled

            def tiny(file: Path, folder: Path) -> None:
                from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

                tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
                tokenizer.save_pretrained(folder)
                torch.manual_seed(0)
                config = LlamaConfig(
                    vocab_size=len(tokenizer), bos_token_id=tokenizer.bos_token_id,
                    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
                    hidden_size=WIDTH, intermediate_size=WIDTH, num_hidden_layers=1, num_attention_heads=2,
                    num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=False,
                )  # fmt: skip
                model = LlamaForCausalLM(config)
                # The first number of every state is about the same, so that these weights are how likely each token is:
                # a few words, and the end of an answer after about five of them.
                words = [tokenizer(f" {word}").input_ids[0] for word in WORDS.split()]
                with torch.no_grad():
                    model.model.embed_tokens.weight[:, 0] = 3
                    model.lm_head.weight[:, 0] = -10
                    model.lm_head.weight[words, 0] = 0
                    model.lm_head.weight[tokenizer.eos_token_id, 0] = 0.5
                model.save_pretrained(folder)

            weights._dequantise = tiny
            weights.weights_folder(bundled("smollm2-135m-instruct"))
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("the tiny model cannot be made")


def _import() -> None:
    """What a build imports; nothing computes yet, so that forking is safe."""
    import peft  # noqa: F401
    import polars  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401
    import trl  # noqa: F401

    import tunec.main  # noqa: F401


def _prepared(folder: Path) -> Path:
    folder.mkdir(parents=True)
    rows = [
        {
            "instruction": f"Explain part {n} of bridges, 第{n}部分.",
            "output": f"Bridges are old, {n} of them. " * (n % 5 + 1),
        }
        for n in range(ROWS)
    ]
    quiz = [{"question": f"How many birds stand in a row of {n} birds?", "answer": str(n)} for n in range(5)]
    for name, records in (("tasks.jsonl", rows), ("quiz.jsonl", quiz)):
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "kills.tune").write_text(SPEC, encoding="utf-8")
    return folder


def _run(folder: Path, words: list[str], after: float | None) -> int:
    """Run a command in a folder, killed after so many seconds; gives how it ended."""
    (folder / "said").write_bytes(b"")  # a command that is killed at once has said nothing
    child = os.fork()
    if child == 0:
        atexit._clear()  # what this process does at its end, such as to remove its folder, is not for a child to do
        try:
            os.chdir(folder)
            said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(said, stream)
            sys.argv = ["tunec", *words]
            from tunec.main import main

            main()
        except SystemExit as ended:
            sys.stdout.flush()
            os._exit(int(ended.code or 0))
        finally:
            os._exit(1)
    end = None if after is None else time.monotonic() + after
    while True:
        number, status = os.waitpid(child, 0 if end is None else os.WNOHANG)
        if number:
            return os.waitstatus_to_exitcode(status)
        if end is not None and time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            end = None
        time.sleep(0.002)


def _build(folder: Path, after: float | None) -> int:
    return _run(folder, ["build", "kills.tune"], after)


def _collect(folder: Path) -> None:
    if not (folder / ".tunec" / "format").exists():  # killed before there was a store
        return
    if _run(folder, ["gc", "kills.tune"], None) != 0:
        raise SystemExit((folder / "said").read_text(encoding="utf-8"))


def _last_step(folder: Path) -> str:
    """The kind of work that a build was at when it was killed."""
    said = [line for line in (folder / "said").read_text(encoding="utf-8").splitlines() if line.startswith("[")]
    label = said[-1].split("] ", 1)[1] if said else ""
    return {"answered": "generation", "tuned": "training", "": "before or after the steps"}.get(label, "curation")


def _names(folder: Path) -> set[str]:
    """The files and folders that lie there, but for what the bench itself writes."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or path.is_symlink()}
    return {name for name in found if name not in ("said", ".tunec/gc.lock")}


def _published(folder: Path) -> dict[str, bytes]:
    shown = folder / "build" / "kills"
    # These two tell of a build, its times and its costs.
    files = [path for path in shown.rglob("*") if path.is_file() and path.name not in ("run.json", "report.html")]
    return {path.relative_to(shown).as_posix(): path.read_bytes() for path in files}
