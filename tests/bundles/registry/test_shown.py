"""What people read: bundles in registries as `mlpy bundle` tells of them."""

from __future__ import annotations

import re

INSPECTED = """\
reference  registry/lab/pond:1.0
digest     sha256:…
bundle     sha256:…
size       256 kB

MODEL  CLASS             FILES
pond   models.pond:Pond      2

FILE                       SIZE  DIGEST
data/copy.csv               8 B  sha256:…
data/deep/er/values.bin  256 kB  sha256:…
data/größe.csv              8 B  sha256:…
models/__init__.py          0 B  sha256:…
models/pond.py             70 B  sha256:…
pyproject.toml            115 B  sha256:…
"""

def plain(text: str, address: str) -> str:
    """What is told, without what differs from run to run."""
    return re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", re.sub(r"sha256:[0-9a-f]{12}\b", "sha256:…", text)).replace(address, "registry")


def test_people_read_what_was_done(small, project, told, tmp_path, monkeypatch):
    def run(*arguments: str) -> tuple[int, str, str]:
        code, out, err = told(*arguments)
        return code, plain(out, small.address), plain(err, small.address)

    reference = f"{small.address}/lab/pond"
    done = "tags      1.0, stable\ndigest    sha256:…\nbundle    sha256:…\ncontents  {}\n"
    assert run("push", reference, "--tag", "1.0", "--tag", "stable", "--dry-run") == (0, "would push registry/lab/pond\n" + done.format("6 uploaded (256 kB)"), "")
    assert run("push", reference, "--tag", "1.0", "--tag", "stable") == (0, "pushed registry/lab/pond\n" + done.format("6 uploaded (256 kB)"), "")
    assert run("push", reference, "--tag", "1.0", "--tag", "stable") == (0, "pushed registry/lab/pond\n" + done.format("6 present (0 B)"), "")
    assert run("tags", reference) == (0, "1.0\nstable\n", "")
    assert run("inspect", f"{reference}:1.0") == (0, INSPECTED, "")
    monkeypatch.chdir(tmp_path)
    assert run("pull", f"{reference}:1.0", "copy") == (0, "pulled registry/lab/pond:1.0 into copy\ndigest  sha256:…\nbundle  sha256:…\nfiles   6 (256 kB)\n", "")
    assert run("verify", "copy") == (0, "verified: 6 files are what they were\nsha256:…\n", "")
    (tmp_path / "copy/models/pond.py").write_text("")
    (tmp_path / "copy/models/\x1b[2J\nverified").write_text("")
    assert run("verify", "copy") == (1, "changed  models/pond.py\nextra  models/\\x1b[2J\\nverified\nnot verified\nsha256:…\n", "")
    assert run("pull", f"{reference}:1.0", "copy") == (1, "", "error: `copy` exists already\n  = hint: a bundle is pulled into a new folder: name another\n")
    assert run("pull", reference, "other") == (1, "", "error: there is no `registry/lab/pond:latest`, or the registry hides it\n  = hint: `mlpy bundle tags registry/lab/pond` lists what is there\n")
    assert run("inspect", "pond")[2].startswith("error: `pond` is no reference to a bundle: it names no registry\n")
