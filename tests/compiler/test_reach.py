"""What a spec may read beside its own folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.compiler.reach import beyond, is_private, is_private_answer
from tunec.runtime.catalogue import load_catalogue


def refused(path: str, folder: Path) -> bool:
    return beyond(path, folder) is not None


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A folder of specs in a repository."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "specs").mkdir()
    return tmp_path / "repository" / "specs"


def test_local_paths(specs: Path) -> None:
    (specs / "out").symlink_to("/etc")
    (specs / "near").symlink_to("..")
    cases = {
        "a.jsonl": False, "data/*.jsonl": False, "data/../a.jsonl": False, f"{specs}/a.jsonl": False,
        "a[1].jsonl": False,
        "../a.jsonl": False, "../data/*.jsonl": False, f"{specs.parent}/a.jsonl": False, "near/a.jsonl": False,
        "../../a.jsonl": True, "../../*/a.jsonl": True, "/etc/passwd": True, "/etc/*": True, "out/passwd": True,
        "out/*": True, "*/../../../a.jsonl": True, "/proc/self/environ": True,
    }  # fmt: skip
    assert {path: refused(path, specs) for path in cases} == cases


def test_without_a_repository_the_folder_is_the_bound(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    assert refused("../a.jsonl", tmp_path / "specs") is True


def test_a_home_folder_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git").mkdir()
    (tmp_path / "specs").mkdir()
    assert refused("../.ssh/id_rsa", tmp_path / "specs") is True


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "local:///etc/passwd", "FILE:///etc/passwd", "simplecache::file:///etc/passwd",
        "reference://x", "git://x:y@z", "zip://a.jsonl", "http://localhost/a", "http://127.0.0.1:8000/a",
        "http://127.1/a", "http://0x7f000001/a", "http://2130706433/a", "http://[::1]/a", "http://[::ffff:10.0.0.1]/a",
        "http://10.1.2.3/a", "http://172.16.0.1/a", "http://192.168.1.1/a", "https://169.254.169.254/latest/meta-data",
        "http://metadata.google.internal/a", "http://0.0.0.0/a", "http://intranet/a", "http://nas.local/a",
        "http://user@127.0.0.1/a", "http://127.0.0.1./a", "http://[fe80::1%25eth0]/a", "sftp://192.168.1.1/a",
        "http://100.64.0.1/a", "http://%31%32%37.0.0.1/a", "http:///a",
    ],
)  # fmt: skip
def test_urls_that_are_refused(url: str, tmp_path: Path) -> None:
    assert refused(url, tmp_path) is True


@pytest.mark.parametrize(
    "url", ["https://example.org/a", "https://8.8.8.8/a", "s3://bucket/a", "gs://b/a", "hf://datasets/a/b"]
)
def test_public_addresses_are_not_told_of(url: str, tmp_path: Path) -> None:
    assert not refused(url, tmp_path)


def test_what_proxies_answer_is_no_private_network() -> None:
    assert is_private("198.18.0.7") and not is_private_answer("198.18.0.7")
    assert is_private_answer("10.0.0.1") and is_private_answer("::1") and not is_private_answer("8.8.8.8")


def problems(spec: Path, **params: str) -> dict[str, str]:
    return {d.code: f"{d.message} {d.help}" for d in check_spec(spec, load_catalogue(), params).diagnostics}


def test_the_linter_tells_what_a_build_refuses(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = specs / "a.tune"
    text = 'source a = jsonl("{}", format: alpaca, license: "MIT")\ndataset d from a {{ dedup {{ exact(prompt) }} }}\n'
    spec.write_text(text.format("../a.jsonl"))
    assert "T331" not in problems(spec)
    spec.write_text(text.format("../../a.jsonl"))
    assert "outside the spec's folder and its repository" in problems(spec)["T331"]
    spec.write_text(text.format("https://10.0.0.1/a?k=hush"))
    assert "private network" in problems(spec)["T331"] and "--allow-outside" in problems(spec)["T331"]
    assert "hush" not in problems(spec)["T331"]
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    assert "T331" not in problems(spec)


def test_a_path_of_set_is_the_persons_own(specs: Path) -> None:
    spec = specs / "a.tune"
    spec.write_text(
        'param data: path = "a.jsonl"\nsource a = jsonl(data, format: alpaca, license: "MIT")\ndataset d from a {}\n'
    )
    assert "T331" not in problems(spec, data="/elsewhere/a.jsonl")


def test_the_linter_looks_into_nothing_that_a_build_refuses(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "private.csv").write_text("card_number,pin\n1,2\n")
    spec = tmp_path / "specs" / "a.tune"
    spec.write_text('source a = csv("../private.csv", format: alpaca, license: "MIT")\ndataset d from a {}\n')
    assert "card_number" not in str(check_spec(spec, load_catalogue()).diagnostics)


def test_an_import_from_elsewhere_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "secret.env").write_text("TOKEN=hush\n")
    spec = tmp_path / "specs" / "a.tune"
    spec.write_text('import "../secret.env"\n')
    found = check_spec(spec, load_catalogue())
    assert any(d.code == "T107" and "TUNEC_ALLOW_OUTSIDE" in d.message for d in found.diagnostics)
    assert "hush" not in str([source.text for source in found.sources.values()])
    (tmp_path / ".git").mkdir()
    (tmp_path / "common.tune").write_text("const n = 1\n")
    spec.write_text('import "../common.tune"\n')
    assert "T107" not in problems(spec)


def test_devices_and_pipes_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEC_ALLOW_OUTSIDE", "1")
    os.mkfifo(tmp_path / "pipe")
    spec = tmp_path / "a.tune"
    for path in ("pipe", "/dev/zero", "/dev/null"):
        spec.write_text(f'import "{path}"\n')
        assert "not a regular file" in problems(spec)["T107"]
        with pytest.raises(OSError, match="not a regular file"):
            check_spec(tmp_path / path, load_catalogue())


def test_files_that_import_one_another_often_are_bounded(tmp_path: Path) -> None:
    """Each file imports the next under two names: 2^30 files by name."""
    for number in range(30):
        (tmp_path / f"{number}.tune").write_text(f'import "{number + 1}.tune" as a\nimport "{number + 1}.tune" as b\n')
    (tmp_path / "30.tune").write_text("const n = 1\n")
    assert "at most 200 imports" in problems(tmp_path / "0.tune")["T107"]


def test_a_loop_of_links_is_an_import_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "b.tune").symlink_to("c.tune")
    (tmp_path / "c.tune").symlink_to("b.tune")
    (tmp_path / "a.tune").write_text('import "b.tune"\n')
    assert "symbolic links" in problems(tmp_path / "a.tune")["T107"]
