"""What of a URL is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tunec.dsl.secrets import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h/a.jsonl", "https://h/a.jsonl"),
        ("s3://bucket/a/*.jsonl", "s3://bucket/a/*.jsonl"),
        ("https://u:p@h/a", "https://***@h/a"),
        ("https://tok@en@h:80/a", "https://***@h:80/a"),
        ("https://h/a?auth=x&b=y;c=z", "https://h/a?auth=***&b=***;c=***"),
        ("https://h/a?x#access_token=y", "https://h/a?***#***"),
        ("https://h/a#frag", "https://h/a#***"),
        ("https://h/a?", "https://h/a?"),
        ("s3://b/part-?.jsonl", "s3://b/part-?***"),
        ("https://h/a?secret/x&k=v", "https://h/a?***&k=***"),
        ("s3:/u:p@h/a", "s3:/***@h/a"),
        ("s3://u:p/w@h/a", "s3://***@h/a"),
        ("http:/h/a?k=v#f", "http:/h/a?k=***#***"),
        ("//h/a?k=v#f", "//h/a?k=***#***"),
        ("C:/a?k=v and /a?k=v and a//b?k=v", "C:/a?k=v and /a?k=v and a//b?k=v"),
        ("c:/a@b/c and a/b:/c", "c:/***@b/c and a/b:/c"),
        ('read "https://h/a?k=v" and https://g/b?k=w, 中文', 'read "https://h/a?k=***" and https://g/b?k=*** 中文'),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.text(ANY), st.sampled_from(["https://u:{}@h/a", "https://h/a?k={}", "https://h/a?{}", "https://h/a#{}"]))
def test_in_a_frame_everything_stays_in_its_column(text: str, url: str) -> None:
    assert len(masked(url.format(text), same_length=True)) == len(url.format(text))


@given(st.text("abcXYZ019-_.~%!$'()*+,:@=&", min_size=1, max_size=20))
def test_no_value_passes(secret: str) -> None:
    secret = "q7Z" + secret.strip("'")
    for url in ("https://h/a?token={}", "https://h/a?k=1&pw={}", "https://h/a#{}"):
        assert "q7Z" not in masked(url.format(secret))
