"""`segformer-gui models`: list, show, download, import, export, remove; and `doctor`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from oracles import transformers_model
from transformers import SegformerForSemanticSegmentation

from segformer_gui import __version__
from segformer_gui.core.network.presets import SegFormerConfig

TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=3)


def test_list_names_the_embedded_model_first_and_all_published_ones(run: Callable) -> None:
    entries = json.loads(run("models", "list", "--json").out)
    table = run("models", "list").out

    assert entries[0]["name"] == "segformer-b0-camvid"
    assert entries[0]["path"]
    hub = [entry for entry in entries if entry["origin"] == "hub"]
    assert len(hub) == 12
    assert all(e["miou_source"] == "published" and "non-commercial" in e["licence"] for e in hub)
    assert all(entry["alias"] in table for entry in entries)


def test_show_reads_what_only_the_weights_tell(run: Callable) -> None:
    facts = json.loads(run("models", "show", "b0-camvid", "--json").out)

    assert facts["preset"] == "b0"
    assert facts["class_names"][3] == "road"
    assert "parameters  3716971" in run("models", "show", "b0-camvid").out


def test_import_export_and_remove_round_trip(run: Callable, tmp_path: Path) -> None:
    oracle = transformers_model(TINY)
    oracle.save_pretrained(tmp_path / "theirs")

    assert run("models", "import", tmp_path / "theirs", "--name", "mine", "--size", 64).code == 0
    assert json.loads(run("models", "show", "mine", "--json").out)["short_side"] == 64
    assert run("models", "export", "mine", "--out", tmp_path / "ours").code == 0

    again = SegformerForSemanticSegmentation.from_pretrained(tmp_path / "ours").eval()
    x = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(again(x).logits, oracle(x).logits, atol=1e-5)
    assert run("models", "export", "mine", "--out", tmp_path / "ours").code == 2
    assert run("models", "remove", "mine").code == 0
    assert run("models", "show", "mine").code == 2


def test_a_file_that_is_no_checkpoint_is_not_imported(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("not a checkpoint")

    result = run("models", "import", tmp_path / "text.pth")

    assert result.code == 2
    assert "is not a checkpoint that can be read." in result.err
    assert len(json.loads(run("models", "list", "--json").out)) == 14


def test_download_offline_says_so_and_offers_the_embedded_model(run: Callable) -> None:
    result = run("models", "download", "b2-cityscapes")

    assert result.code == 2
    assert "HF_HUB_OFFLINE" in result.err
    assert "embedded" in result.err


def test_doctor_names_what_is_missing(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    healthy = run("doctor", "--json")
    assert healthy.code == 0
    assert all(check["problem"] is None for check in json.loads(healthy.out).values())

    monkeypatch.setattr("segformer_gui.core.doctor.missing_qt_libraries", lambda: ["libEGL.so.1"])
    sick = run("doctor")
    assert sick.code == 1
    assert "libEGL.so.1" in sick.err
    assert "apt-get install" in sick.err


def test_module_and_version(run: Callable) -> None:
    assert run("--version").out.strip() == f"segformer-gui {__version__}"
    result = subprocess.run(
        [sys.executable, "-m", "segformer_gui", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert result.stdout.strip() == f"segformer-gui {__version__}"


def test_listing_models_needs_no_torch_and_no_qt() -> None:
    code = (
        "import sys; from segformer_gui.cli import app;"
        "app(['models', 'list'], standalone_mode=False);"
        "print(sorted({'torch', 'PySide6', 'transformers'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )

    assert result.stdout.strip().endswith("[]")
