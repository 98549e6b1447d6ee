"""What texts of any kind are made of."""

from __future__ import annotations

from hypothesis import strategies as st

#: Every character but halves of one, as in `st.text()`, which finds that out anew wherever nothing is kept of another
#: run, by encoding each of a million.
ANY = st.characters(exclude_categories=["Cs"])
