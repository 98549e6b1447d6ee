"""distilabel: asks a server N questions, in batches of C: URL N C OUT."""

from __future__ import annotations

import sys

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

if __name__ == "__main__":
    url, count, many, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    questions = [{"instruction": f"Question number {n} about something"} for n in range(count)]
    with Pipeline() as pipeline:
        load = LoadDataFromDicts(data=questions, batch_size=many)
        ask = TextGeneration(llm=OpenAILLM(model="m", base_url=url, api_key="none"), input_batch_size=many)
        load >> ask
    found = pipeline.run(use_cache=False)["default"]["train"]
    assert len(found) == count
    found.to_parquet(out)
