"""Checkpoints that are none, or hostile: named in one sentence, nothing of them runs."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from segformer_gui.app import make_window
from segformer_gui.core.network.checkpoints import read_checkpoint
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings
from tests.bad_input.table import NOISE, refused
from tests.gui.conftest import delete


class _Hostile:
    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trap,)


EMBEDDED = shipped("models", "segformer-b0-camvid")


@pytest.fixture(scope="module")
def bad_checkpoints(tmp_path_factory) -> dict[Path, str]:
    """File -> code."""
    folder = tmp_path_factory.mktemp("checkpoints")
    whole = EMBEDDED / "model.safetensors"
    state = load_file(whole)
    hub = dict(state)
    cyclic: dict[str, object] = {}
    cyclic["state_dict"] = cyclic
    key = next(key for key in hub if key.endswith("layer_norm_1.weight"))
    saved: dict[str, tuple[object, str]] = {
        "hostile": ({"state_dict": hub, "trap": _Hostile(folder / "trap")}, "checkpoint_unsafe"),
        "shape": (hub | {key: torch.zeros(7)}, "checkpoint_shape"),
        "resnet": ({"layer1.0.conv1.weight": torch.zeros(64, 9)}, "checkpoint_not_segformer"),
        "cyclic": (cyclic, "checkpoint_not_segformer"),
        "numbers": ({1: torch.zeros(1)}, "checkpoint_broken"),
        "diverged": (hub | {key: hub[key] * torch.nan}, "checkpoint_not_finite"),
        "infinite": (hub | {key: hub[key] * torch.inf}, "checkpoint_not_finite"),
        "integers": (hub | {key: hub[key].int()}, "checkpoint_broken"),
        "claim": (hub | {key: torch.zeros(1).expand(10**12)}, "checkpoint_broken"),
        "sparse": (hub | {key: hub[key].to_sparse()}, "checkpoint_broken"),
        "many_blocks": (
            hub | {key.replace(".0.0.", ".0.99999999."): hub[key]}, "checkpoint_keys_missing"
        ),
    }  # fmt: skip
    files = {}
    for name, (content, code) in saved.items():
        torch.save(content, folder / f"{name}.pth")
        files[folder / f"{name}.pth"] = code
    data = whole.read_bytes()
    for name, content, code in (
        ("empty.pth", b"", "checkpoint_broken"),
        ("text.pth", b"Dear diary", "checkpoint_broken"),
        ("plain.pth", pickle.dumps(_Hostile(folder / "trap")), "checkpoint_broken"),
        ("empty.safetensors", b"", "checkpoint_broken"),
        ("cut.safetensors", data[: len(data) // 2], "checkpoint_broken"),
        ("header.safetensors", struct.pack("<Q", 1 << 60) + b"{}", "checkpoint_broken"),
    ):
        (folder / name).write_bytes(content)
        files[folder / name] = code
    return files


def test_bad_checkpoints_are_named_and_run_nothing(bad_checkpoints):
    for path, code in bad_checkpoints.items():
        error = refused(lambda path=path: read_checkpoint(path))
        assert error.code == code, path
        assert not path.with_name("trap").exists()


def test_bad_checkpoints_are_one_sentence_on_the_command_line(run, bad_checkpoints, tmp_path):
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    for path, code in bad_checkpoints.items():
        result = run("predict", tmp_path / "a.png", "--model", path, "--out", tmp_path / "out")
        assert (result.code, result.err.count("Error:")) == (2, 1), code
        assert "Traceback" not in result.err
        assert not path.with_name("trap").exists()


def test_after_a_bad_checkpoint_the_window_keeps_its_model(qtbot, bad_checkpoints, tmp_path):
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    window = make_window(Settings(), synchronous=True)
    window.session.start()
    for path in bad_checkpoints:
        window.session.images.open([path])
        assert path.name in window.message_bar.sentence.text()
        assert window.message_bar.details.toPlainText() == ""
        assert window.session.models.ready.request.spec == "segformer-b0-camvid"
    assert not path.with_name("trap").exists()
    window.session.images.open([tmp_path / "a.png"])
    assert window.session.segmentation.result is not None
    delete(window)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("num_attention_heads", [0, 2, 5, 8]),
        ("num_attention_heads", [3, 2, 5, 8]),
        ("num_attention_heads", "many"),
        ("strides", [0, 2, 2, 2]),
        ("id2label", [1, 2]),
        ("hidden_sizes", None),
    ],
)
def test_a_configuration_of_nonsense_is_refused(tmp_path, field, value):
    config = json.loads((EMBEDDED / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {field: value}), "utf-8")
    (tmp_path / "model.safetensors").symlink_to(EMBEDDED / "model.safetensors")
    assert refused(lambda: read_checkpoint(tmp_path)).code in (
        "checkpoint_config",
        "checkpoint_broken",
    )
