"""The eight questions of the adaptation guide, each with what may be answered.

Source: Meta, Adapting large language models: methods, and To fine-tune or not to fine-tune (2024).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its flag, what is asked, and the answers with what they mean; none where a number is asked for."""

    flag: str
    text: str
    answers: dict[str, str]


QUESTIONS = (
    Question(
        "knowledge",
        "Does the model need knowledge that it does not have?",
        {
            "none": "what it learned is enough",
            "facts": "facts of yours: documents, products, people",
            "ability": "a broad ability that it lacks, such as another language",
        },
    ),
    Question(
        "tone",
        "Does it need a tone, a format or a vocabulary of its own?",
        {"usual": "the usual one will do", "custom": "it has to keep to one of yours"},
    ),
    Question(
        "tolerance",
        "How much harm does an invented answer do?",
        {"low": "none may be invented", "medium": "some harm", "high": "little: a person reads it first"},
    ),
    Question("labelled", "How many labelled examples do you have?", {}),
    Question(
        "change",
        "How often does what it has to know change?",
        {"never": "it stays", "slowly": "every few months", "often": "daily or weekly"},
    ),
    Question(
        "sources",
        "Do its answers have to name their sources?",
        {"no": "the answer alone", "yes": "people have to be able to check where it is from"},
    ),
    Question(
        "cost",
        "What counts more, cost or the score?",
        {
            "low": "a small budget, little experience with training",
            "medium": "one GPU and somebody who knows how to use it",
            "high": "the score comes first, and several GPUs are there",
        },
    ),
    Question(
        "tasks",
        "How many kinds of tasks does it do?",
        {
            "one": "one, always the same",
            "several": "a few that are alike",
            "many": "an assistant for all sorts of tasks",
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a model reached in an evaluation: the measure, the name of its number, and that in its 95 % interval."""

    model: str
    measure: str
    number: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def share(self) -> bool:
        """Whether the number is a share of right answers."""
        return self.number == "accuracy"


@dataclass(frozen=True, slots=True)
class Situation:
    """The answers to the eight questions. `tokens`: how many tokens of raw text there are for a new ability.
    `baseline`: what the model reaches as it is, where that was measured."""

    knowledge: str = "none"
    tone: str = "usual"
    tolerance: str = "medium"
    labelled: int = 0
    change: str = "never"
    sources: str = "no"
    cost: str = "medium"
    tasks: str = "several"
    tokens: int = 0
    baseline: Baseline | None = None
