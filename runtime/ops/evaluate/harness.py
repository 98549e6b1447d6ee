"""`harness(tasks: ["arc_challenge"])` in an `evaluate` block."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec

#: A folder with tasks beside lm-eval's own, for tests; a spec names no folder whose contents no fingerprint holds.
INCLUDE: str | None = None


def missing() -> str | None:
    """What this machine lacks for the harness, or None."""
    return None if find_spec("lm_eval") is not None else "`harness` needs lm_eval: `pip install 'tunec[harness]'`"


@operator(
    version=1,
    cost="model",
    packages=("lm_eval", "torch", "transformers"),
    weights=("models",),
    needs=missing,
    conflicts=lambda given: None if given["tasks"] else ("tasks", "`harness` needs the names of tasks"),
)
def harness(
    *,
    tasks: Sequence[str],
    shots: Annotated[int, "0.."] | None = None,
    limit: Annotated[int, "1.."] | None = None,
    metric: str = "",
    batch_size: Annotated[int, "1.."] = 8,
    ctx: Context,
) -> Measure:
    """Measures a model with EleutherAI's lm-evaluation-harness itself (`pip install 'tunec[harness]'`).

    The numbers are those that lm-eval gives, as `TASK_METRIC`, without its own standard errors. Models are compared on
    `score`, the mean of `metric` over all items of all tasks, with a 95% interval `low`..`high` (bootstrap over items),
    item by item. lm-eval downloads the data of its tasks from the Hugging Face Hub.

    Args:
        tasks: the names of tasks, such as `arc_challenge`, `hellaswag` or `ceval-valid_law`.
        shots: the number of solved items before each; by default what the task says.
        limit: the number of items of each task; all by default.
        metric: the metric that models are compared by; by default the first of `acc`, `exact_match` that a task has.
        batch_size: the number of requests read at once.

    Source: Gao et al., lm-evaluation-harness.

    Example:
        evaluate scores of [base, tuned] {
            harness(tasks: ["arc_challenge"], shots: 25)
        }
    """
    if not tasks:
        raise OperatorError("`harness` needs the names of tasks")

    def measure(model: ModelSpec) -> Reading:
        from tunec.runtime.tuning.measuring.means import of_means

        found = _run(model, list(tasks), shots, limit, batch_size)
        numbers: dict[str, Any] = {}
        for task, results in sorted(found["results"].items()):
            for name, value in results.items():
                if isinstance(value, int | float) and "stderr" not in name and name != "sample_len":
                    numbers[f"{task}_{name.replace(',none', '').replace(',', '_')}"] = float(value)
        items: dict[str, float] = {}
        for task, samples in sorted(found["samples"].items()):
            for sample in samples:
                value = _scored(sample, metric)
                if value is not None:
                    items.setdefault(f"{task} {sample['doc_id']}", value)
        if not items:
            raise OperatorError(f"`harness`: the tasks have no metric `{metric or 'acc` or `exact_match'}` of an item")
        return of_means("score", items, numbers)

    return measure


def _scored(sample: dict[str, Any], metric: str) -> float | None:
    """What a sample has of the metric."""
    names = [metric] if metric else ["acc", "exact_match"]
    return next((float(sample[name]) for name in names if isinstance(sample.get(name), int | float)), None)


def _run(model: ModelSpec, tasks: list[str], shots: int | None, limit: int | None, batch_size: int) -> Any:
    from tunec.runtime.models.local import load

    loaded = load(model)
    try:
        from lm_eval import simple_evaluate
        from lm_eval.models.huggingface import HFLM
        from lm_eval.tasks import TaskManager
    except ModuleNotFoundError as error:
        raise OperatorError(f"`{error.name}` is not installed: pip install 'tunec[harness]'") from None
    manager = TaskManager(include_path=INCLUDE)
    unknown = [task for task in tasks if task not in manager.all_tasks]
    if unknown:
        raise OperatorError(f"lm-eval knows no task `{unknown[0]}`")
    return simple_evaluate(
        model=HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=batch_size),
        tasks=tasks,
        num_fewshot=shots,
        limit=limit,
        task_manager=manager,
        bootstrap_iters=0,
        log_samples=True,
        random_seed=0,
        numpy_random_seed=0,
        torch_random_seed=0,
        fewshot_random_seed=0,
    )
