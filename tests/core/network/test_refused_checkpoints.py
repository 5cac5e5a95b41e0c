"""Broken, hostile and contradictory checkpoints are refused in words."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from segformer_gui.core.errors import UserError
from segformer_gui.core.network.checkpoints import read_checkpoint


class Hostile:
    """Would create a file when unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("save", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_hostile_pickle_is_refused_and_runs_nothing(save: object, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    save({"state_dict": {"a": torch.zeros(1)}, "x": Hostile(trap)}, tmp_path / "evil.pth")  # type: ignore[operator]

    with pytest.raises(UserError) as error:
        read_checkpoint(tmp_path / "evil.pth")

    assert error.value.code in ("checkpoint_unsafe", "checkpoint_broken")
    assert not trap.exists()


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as error:
        read_checkpoint(path)
    return error.value


def test_broken_files_are_refused(hub_folder: Path, tmp_path: Path) -> None:
    whole = (hub_folder / "model.safetensors").read_bytes()
    torch.save({"state_dict": load_file(hub_folder / "model.safetensors")}, tmp_path / "whole.pth")
    cut_pickle = (tmp_path / "whole.pth").read_bytes()[:-500]
    for name, content in (
        ("cut.safetensors", whole[: len(whole) // 2]),
        ("empty.safetensors", b""),
        ("text.safetensors", b"not a checkpoint"),
        ("cut.pth", cut_pickle),
        ("empty.pth", b""),
        ("text.pth", b"not a checkpoint"),
    ):
        (tmp_path / name).write_bytes(content)
        assert refusal(tmp_path / name).code == "checkpoint_broken", name


def test_wrong_content_is_named(hub_folder: Path, tmp_path: Path) -> None:
    hub = load_file(hub_folder / "model.safetensors")

    def refused(state: object) -> UserError:
        torch.save(state, tmp_path / "wrong.pth")
        return refusal(tmp_path / "wrong.pth")

    assert refused({"conv1.weight": torch.zeros(1)}).code == "checkpoint_not_segformer"
    assert refused([1, 2]).code == "checkpoint_not_segformer"
    error = refused({k: v for k, v in hub.items() if "dense1.bias" not in k})
    assert (error.code, error.parameters["count"]) == ("checkpoint_keys_missing", 5)
    assert (
        refused({k: v for k, v in hub.items() if ".key." not in k}).code
        == "checkpoint_keys_missing"
    )
    error = refused(hub | {"decode_head.extra.weight": torch.zeros(1)})
    assert (error.code, error.parameters["keys"]) == (
        "checkpoint_keys_unknown",
        "decode_head.extra.weight",
    )
    error = refused(hub | {"decode_head.linear_c.1.proj.bias": torch.zeros(3)})
    assert (error.code, error.parameters["found"], error.parameters["expected"]) == (
        "checkpoint_shape",
        "3",
        "16",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("depths", [2, 2, 2, 2]),
        ("hidden_act", "relu"),
        ("id2label", {"0": "road"}),
        ("sr_ratios", [4, 4, 2, 1]),
    ],
)
def test_config_that_contradicts_the_weights_is_named(
    hub_folder: Path, field: str, value: object
) -> None:
    file = hub_folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))

    error = refusal(hub_folder)

    assert (error.code, error.parameters["field"]) == ("checkpoint_config", field)


def test_missing_files_are_named(hub_folder: Path, tmp_path: Path) -> None:
    (hub_folder / "model.safetensors").unlink()

    assert refusal(hub_folder).code == "checkpoint_no_weights"
    assert refusal(tmp_path / "nowhere.pth").code == "file_missing"
