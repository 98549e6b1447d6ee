"""Polars alone: expressions where there are some, a Python function for repetition, fastText for what is left."""

from __future__ import annotations

import rules
import table


def main() -> None:
    import fasttext
    import polars as pl

    _, data, more, out = table.arguments()
    model = fasttext.load_model(str(more / "lid.176.ftz"))
    prompt, response = pl.col("prompt"), pl.col("response")

    def languages(prompts: pl.Series) -> pl.Series:
        return pl.Series([model.predict(rules.line(text))[0][0] == "__label__en" for text in prompts])

    rows = pl.scan_parquet(data / "*.parquet").filter(
        response.str.count_matches(r"\w+").is_between(1, 800),
        prompt.str.count_matches(r"\w+").is_between(3, 300),
        response.str.count_matches(r"[\p{L}\p{M}\p{N}]") >= 0.25 * response.str.len_chars(),
    )
    rows = rows.filter(response.map_elements(rules.repetition, return_dtype=pl.Float64) <= 0.30)
    rows = rows.filter(prompt.map_batches(languages, return_dtype=pl.Boolean))
    key = prompt.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    rows = rows.with_columns(key=key).unique("key", keep="first", maintain_order=True).drop("key")
    rows.collect().write_parquet(out / "kept.parquet")


if __name__ == "__main__":
    main()
