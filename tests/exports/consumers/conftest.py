"""A tokenizer that gives every text back as it was, and a model too small to wait for."""

from __future__ import annotations

from typing import Any

import pytest

#: ChatML, with the marks by which trainers find what the assistant says.
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m['content'] }}<|im_end|>{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_ = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytes_.decoder = decoders.ByteLevel()
    bytes_.add_special_tokens([AddedToken(token) for token in ("<|im_start|>", "<|im_end|>", "<|pad|>")])
    made = PreTrainedTokenizerFast(tokenizer_object=bytes_, eos_token="<|im_end|>", pad_token="<|pad|>")
    made.chat_template = CHATML
    return made


@pytest.fixture
def model(tokenizer: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=512, **sizes))


def learnt(tokenizer: Any, ids: list[int], labels: list[int]) -> list[str]:
    """The stretches of a row that a trainer learns."""
    found: list[list[int]] = [[]]
    for token, label in zip(ids, labels, strict=True):
        if label == -100:
            found.append([])
        else:
            assert token == label
            found[-1].append(token)
    return [tokenizer.decode(stretch) for stretch in found if stretch]
