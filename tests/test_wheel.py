"""The wheel holds everything that the commands need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_lints_and_builds(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = tmp_path / "source"
    # A clone of what is committed or staged: a wheel is built from there, and leaves nothing behind in the tree.
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith((".typing", "tests")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    wheels = tmp_path / "wheels"
    build = [*pip, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(wheels), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    site = tmp_path / "site"
    wheel = next(wheels.glob("*.whl"))
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert Path(run("-c", "import tunec; print(tunec.__file__)").strip()).is_relative_to(site)
    assert "no problems" in run("-m", "tunec", "lint", str(ROOT / "specs" / "chat.tune"))
    run("-m", "tunec", "new", "started")
    assert "no problems" in run("-m", "tunec", "lint", "--strict", str(Path("started", "chat.tune")))
    (tmp_path / "a.tune").write_text('source s = rows([{text: "a b c"}])\ndataset d from s { shuffle() }\n')
    assert "a@0.0.0+" in run("-m", "tunec", "build", "a.tune")
    # What operators read beside their code.
    missing = (
        "from tunec.runtime.catalogue import load_catalogue; from tunec.runtime.base.resources import hash_of; "
        "names = {n for o in load_catalogue().operators.values() for n in o.reads if '{' not in n}; "
        "print(len(names) > 9, [n for n in names if hash_of(n) == 'none'])"
    )
    assert run("-c", missing).strip() == "True []"
