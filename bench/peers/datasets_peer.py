"""Hugging Face `datasets`: one filter with all rules in one function, two processes; duplicates through a set."""

from __future__ import annotations

from functools import cache

import rules
import table


@cache
def model(path: str):
    import fasttext

    return fasttext.load_model(path)


def stays(prompts: list[str], responses: list[str], path: str) -> list[bool]:
    return [
        rules.stays(prompt, response) and model(path).predict(rules.line(prompt))[0][0] == "__label__en"
        for prompt, response in zip(prompts, responses, strict=True)
    ]


def main() -> None:
    import datasets

    _, data, more, out = table.arguments()
    rows = datasets.load_dataset("parquet", data_files=str(data / "*.parquet"), split="train")
    lid = str(more / "lid.176.ftz")
    rows = rows.filter(
        stays, batched=True, input_columns=["prompt", "response"], fn_kwargs={"path": lid}, num_proc=2, batch_size=1000
    )
    seen: set[str] = set()
    first = []
    for place, prompt in enumerate(rows["prompt"]):
        key = rules.plain(prompt)
        if key not in seen:
            seen.add(key)
            first.append(place)
    rows.select(first).to_parquet(str(out / "kept.parquet"))


if __name__ == "__main__":
    main()
