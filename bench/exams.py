"""Five-shot C-Eval and GSM8K of the bundled model, and what lm-evaluation-harness finds of the same items.

    python -m bench.exams ceval|gsm8k ITEMS FOLDER [--lm-eval]

`ITEMS` are those of each subject of C-Eval (the first of its val split, after the five of its dev split), or of GSM8K
(the first of its test split, after the first five of its train split). Both write what they found into FOLDER, and a
second run with `--lm-eval` (`pip install tunec[harness]`) compares its own with it, item by item. lm-eval runs its own
templates on local copies of the items; C-Eval is asked as it does, with a blank before the letter.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from tunec.runtime.base.method import Reading
from tunec.runtime.engine.services import Services
from tunec.runtime.ops.evaluate.exact_match import exact_match
from tunec.runtime.ops.evaluate.multiple_choice import multiple_choice
from tunec.runtime.ops.models.bundled import bundled
from tunec.runtime.store.store import Store
from tunec.runtime.tuning.measuring.subjects import CEVAL

DATA = Path(__file__).parents[1] / "../shared/data/benchmarks"
SHOTS, MODEL = 5, "smollm2-135m-instruct"
HEADER = "以下是中国关于{subject}的单项选择题，请选出其中的正确答案。"
LETTERS = ("A", "B", "C", "D")


def exam(split: str, each: int) -> pl.DataFrame:
    """The first questions of each subject of C-Eval."""
    found = pl.read_parquet(DATA / f"ceval_{split}.parquet").group_by("subject", maintain_order=True).head(each)
    name, choices = pl.concat_str("subject", pl.lit(" "), "id"), pl.concat_list(*LETTERS)
    return found.with_columns(name.alias("id"), choices.alias("choices"))


def problems(split: str, count: int) -> pl.DataFrame:
    """The first problems of GSM8K."""
    with gzip.open(DATA / f"gsm8k_{split}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for _, line in zip(range(count), file, strict=False)]
    return pl.DataFrame([{"id": str(number), **row} for number, row in enumerate(rows)])


def ours(task: str, count: int, folder: Path) -> Reading:
    """What the measure finds; the folder's store keeps what was asked."""
    model = bundled(MODEL)
    ctx = Services(Store(folder / ".tunec"), lambda *_: None, folder).context(1)
    if task == "gsm8k":
        pool = problems("train", SHOTS)
        return exact_match(on=problems("test", count), shots=SHOTS, shots_from=pool, ctx=ctx)(model)
    rows, pool = exam("val", count), exam("dev", SHOTS)
    measure = multiple_choice(on=rows, shots=SHOTS, shots_from=pool, header=HEADER, blank=True, by="subject", ctx=ctx)
    return measure(model)


def tasks(task: str, count: int, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """lm-eval's own tasks, on local copies: by the name of a subject, or of the task."""
    import lm_eval.tasks
    import yaml

    given = Path(lm_eval.tasks.__file__).parent
    if task == "gsm8k":
        files = {"train": problems("train", SHOTS), "test": problems("test", count)}
        config = yaml.safe_load((given / "gsm8k/gsm8k.yaml").read_text("utf-8"))
        more = {"num_fewshot": SHOTS, "task": "gsm8k_here", "fewshot_config": {"sampler": "first_n"}}
        yield "", config | _copied(folder, "gsm8k", files) | more
        return
    for subject, name in CEVAL.items():
        files = {
            split: exam(kind, number).filter(pl.col("subject") == subject)
            for split, kind, number in (("dev", "dev", SHOTS), ("val", "val", count))
        }
        config = yaml.safe_load((given / "ceval/_default_ceval_yaml").read_text("utf-8"))
        head = {"description": HEADER.format(subject=name) + "\n\n", "task": f"ceval_here_{subject}"}
        yield subject, config | _copied(folder, subject, files) | head | {"num_fewshot": SHOTS}


def _copied(folder: Path, name: str, files: dict[str, pl.DataFrame]) -> dict[str, Any]:
    paths = {split: str(folder / f"{name}_{split}.parquet") for split in files}
    for split, rows in files.items():
        rows.write_parquet(paths[split])
    return {"dataset_path": "parquet", "dataset_name": None, "dataset_kwargs": {"data_files": paths}}


def theirs(task: str, count: int, folder: Path) -> dict[str, bool]:
    """By item what lm-eval finds right."""
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    from tunec.runtime.models.local import load

    found = load(bundled(MODEL), quick=task == "gsm8k")  # answers are written in the same number format
    model = HFLM(pretrained=found.model, tokenizer=found.tokenizer, batch_size=8, max_length=found.context)
    configs = list(tasks(task, count, folder))
    done = lm_eval.simple_evaluate(model, tasks=[config for _, config in configs], log_samples=True, bootstrap_iters=0)
    right: dict[str, bool] = {}
    for subject, config in configs:
        for sample in done["samples"][config["task"]]:
            if task == "gsm8k" and sample["filter"] != "flexible-extract":
                continue
            name = sample["doc"]["id"] if task == "gsm8k" else f"{subject} {sample['doc']['id'].rpartition(' ')[2]}"
            right[name] = sample["exact_match" if task == "gsm8k" else "acc"] == 1
    return right


def main() -> None:
    """Measure, or compare with what was measured."""
    task, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{task}.json"
    if "--lm-eval" not in sys.argv:
        found = ours(task, count, folder)
        right = {name: part > 0 for name, (part, _) in found.items.items()}
        place.write_text(json.dumps({"numbers": found.numbers, "right": right}), encoding="utf-8")
        print(json.dumps({key: value for key, value in found.numbers.items() if key != "by_group"}))
        return
    before = json.loads(place.read_text(encoding="utf-8"))["right"]
    other = theirs(task, count, folder)
    same = sum(before[name] == right for name, right in other.items())
    print(f"{task}: {same} of {len(other)} items the same; right by lm-eval {sum(other.values())}, by the measure "
          f"{sum(before[name] for name in other)}")  # fmt: skip


if __name__ == "__main__":
    main()
