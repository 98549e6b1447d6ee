"""The peers' virtual environments: one each, made once, from PyPI."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Peer:
    """A package that is measured beside tunec.

    `install`: argument lists of pip, one call each. `packages`: distributions whose versions the results tell.
    """

    name: str
    script: str
    install: tuple[tuple[str, ...], ...]
    packages: tuple[str, ...]


#: The CPU build of PyTorch first and alone: what comes after must not replace it by one that brings CUDA along.
_TORCH = ("torch==2.13.0",)

PEERS = {
    peer.name: peer
    for peer in (
        Peer("tunec", "", (), ("tunec", "polars", "openvino")),
        Peer("tunec (torch)", "", (), ("tunec", "sentence-transformers", "torch")),
        Peer(
            "Data-Juicer",
            "datajuicer_peer.py",
            (_TORCH, ("py-data-juicer==1.6.1", "aiohttp", "fasttext-predict==0.9.2.4", "ray", "scipy==1.17.1")),
            ("py-data-juicer", "datasets", "fasttext-predict"),
        ),
        Peer(
            "datatrove",
            "datatrove_peer.py",
            (("datatrove[processing,io]==0.10.1", "fasttext-numpy2-wheel==0.9.2", "spacy==3.8.18"),),
            ("datatrove", "fasttext-numpy2-wheel"),
        ),
        Peer(
            "datasets",
            "datasets_peer.py",
            (("datasets==5.2.0", "fasttext-predict==0.9.2.4"),),
            ("datasets", "fasttext-predict"),
        ),
        Peer(
            "Polars",
            "polars_peer.py",
            (("polars==2.1.0", "fasttext-predict==0.9.2.4"),),
            ("polars", "fasttext-predict"),
        ),
        Peer("text-dedup", "textdedup_peer.py", (("text-dedup==0.4.0",),), ("text-dedup", "datasets")),
        Peer("datasketch", "datasketch_peer.py", (("datasketch==2.0.0", "pyarrow"),), ("datasketch",)),
        Peer("rensa", "rensa_peer.py", (("rensa==0.5.0", "pyarrow"),), ("rensa",)),
        Peer("rouge_score", "rouge_peer.py", (("rouge-score==0.1.2", "pyarrow"),), ("rouge-score",)),
        Peer("rapidfuzz", "rapidfuzz_peer.py", (("rapidfuzz==3.14.6", "numpy", "pyarrow"),), ("rapidfuzz", "numpy")),
        Peer(
            "Janitor (lm-eval)",
            "janitor_peer.py",
            (("--no-deps", "lm-eval==0.4.13"), ("pyarrow",)),
            ("lm-eval",),
        ),
        Peer(
            "sentence-transformers",
            "sentencetransformers_peer.py",
            (_TORCH, ("sentence-transformers==6.2.0", "pyarrow")),
            ("sentence-transformers", "torch"),
        ),
    )
}


def python(peer: Peer, cache: Path) -> Path:
    """The interpreter of a peer's environment, which is made where it is missing or other packages are asked for now.

    Raises:
        RuntimeError: the packages cannot be installed; the message is the end of what pip said.
    """
    if not peer.install:
        return Path(sys.executable)
    folder = cache / "environments" / peer.script.removesuffix("_peer.py")
    asked = hashlib.sha256(json.dumps(peer.install).encode()).hexdigest()
    interpreter, mark = folder / "bin" / "python", folder / "installed"
    if mark.exists() and mark.read_text(encoding="utf-8") == asked:
        return interpreter
    print(f"making an environment for {peer.name}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    for words in peer.install:
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", *words]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"pip install {' '.join(words)}: {done.stderr.strip()[-300:]}")
    mark.write_text(asked, encoding="utf-8")
    return interpreter


def versions(peer: Peer, interpreter: Path) -> dict[str, str]:
    """The versions of those of a peer's packages that are there."""
    program = (
        "import importlib.metadata as m, json, sys; "
        "there = {d.name.lower().replace('_', '-'): d.version for d in m.distributions()}; "
        "print(json.dumps({name: there[name] for name in sys.argv[1:] if name in there}))"
    )
    done = subprocess.run(
        [str(interpreter), "-c", program, *peer.packages], capture_output=True, text=True, check=True, env=_plain()
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _plain() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
