"""Data-Juicer: a recipe for `dj-process`, two processes, its own operators as they are."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import table

#: Its filters keep one number of words a row, whichever text was counted first: so only the answer's are bounded.
RULES = [
    {"words_num_filter": {"text_key": "response", "min_num": 1, "max_num": 800}},
    {"alphanumeric_filter": {"text_key": "response", "min_ratio": 0.25}},
    {"word_repetition_filter": {"text_key": "response", "rep_len": 5, "max_ratio": 0.30}},
    {"language_id_score_filter": {"text_key": "prompt", "lang": "en", "min_score": 0.0}},
    {"document_deduplicator": {"text_key": "prompt", "lowercase": True}},
]
NEAR = [
    {
        "document_minhash_deduplicator": {
            "tokenization": "space",
            "window_size": 5,
            "lowercase": True,
            "ignore_pattern": r"\p{P}",
            "num_permutations": 128,
            "jaccard_threshold": 0.8,
        }
    }
]


def main() -> None:
    workload, data, more, out = table.arguments()
    recipe = {
        "project_name": "bench",
        "dataset_path": str(data),
        "export_path": str(out / "kept.jsonl"),
        "np": 2,
        "open_tracer": False,
        "process": RULES if workload == "rules" else NEAR,
    }
    path = Path("recipe.yaml").resolve()
    path.write_text(json.dumps(recipe), encoding="utf-8")  # JSON is YAML
    models = Path("models").resolve()
    models.mkdir()
    (models / "lid.176.bin").symlink_to(more / "lid.176.ftz")
    os.environ["DATA_JUICER_MODELS_CACHE"] = str(models)
    command = Path(sys.executable).parent / "dj-process"
    os.execv(command, [str(command), "--config", str(path)])


if __name__ == "__main__":
    main()
