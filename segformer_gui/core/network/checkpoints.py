"""Checkpoints of any origin in: which layout, which classes, and every tensor accounted for.

A checkpoint is somebody else's file. It is read with safetensors or `torch.load(weights_only=True)`
and nothing else; the few foreign classes that honest training checkpoints hold become `_Inert`.
"""

from __future__ import annotations

import json
import pickle
import re
import stat
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import check_ends, file_error
from segformer_gui.core.network.layouts import Layout, detect, to_ours
from segformer_gui.core.network.presets import Four, SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Three = tuple[float, float, float]

_DEEPEST_WRAPPER = 4  # A pickle can hold itself.


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint says: the network's configuration, its tensors, and what came with them.

    `state` has our names. `class_names` and `class_colors` (RGB, 0..255) are None where the file
    does not tell. `fresh_head`: the file holds a backbone alone, so the head is untrained.
    `unused` lists keys that no computation needs. `mean` and `std` are per RGB channel, in 0..1.
    """

    config: SegFormerConfig
    state: dict[str, Tensor]
    layout: Layout
    class_names: tuple[str, ...] | None
    class_colors: tuple[tuple[int, int, int], ...] | None
    fresh_head: bool
    unused: tuple[str, ...]
    mean: Three = IMAGENET_MEAN
    std: Three = IMAGENET_STD


def read_checkpoint(path: Path, fresh_classes: int = 19) -> Checkpoint:
    """Read a Hugging Face folder, or a `.safetensors`, `.bin`, `.pth` or `.pt` file.

    `fresh_classes` is the class count for the new head of a backbone-only file. Raises `UserError`:
    `file_missing`, `no_permission`, `file_unreadable`, `checkpoint_no_weights`,
    `checkpoint_broken`, `checkpoint_unsafe`, `checkpoint_not_segformer`,
    `checkpoint_keys_missing`, `checkpoint_keys_unknown`, `checkpoint_shape`,
    `checkpoint_not_finite` or `checkpoint_config`.
    """
    try:
        return _read(path, fresh_classes)
    except UserError:
        raise
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    except Exception as error:
        # In a file that is somebody else's anything may be of any type.
        raise UserError("checkpoint_broken", path=str(path)) from error


def _read(path: Path, fresh_classes: int) -> Checkpoint:
    weights = _weights_file(path)
    tensors, meta = _read_tensors(weights)
    layout = detect(tensors)
    if layout is None:
        raise UserError("checkpoint_not_segformer", path=str(path))
    state, unknown = to_ours(layout, tensors)
    if unknown:
        raise UserError("checkpoint_keys_unknown", path=str(path), **_named(unknown))

    hf_config = _read_json(weights.parent / "config.json") if path.is_dir() else {}
    processor = _read_json(weights.parent / "preprocessor_config.json") if path.is_dir() else {}
    fresh_head = not any(key.startswith("head.") for key in state)
    config = _config_of(path, layout, state, fresh_classes)
    config = _checked_against(path, config, hf_config, fresh_head)
    names, colors = (None, None) if fresh_head else _classes_of(hf_config, meta, config)
    return Checkpoint(
        config=config,
        state=_complete(path, layout, config, state, fresh_head),
        layout=layout,
        class_names=names,
        class_colors=colors,
        fresh_head=fresh_head,
        unused=tuple(key for key in tensors if re.fullmatch(layout.unused, key)),
        mean=_three(processor.get("image_mean", IMAGENET_MEAN)),
        std=_three(processor.get("image_std", IMAGENET_STD)),
    )


def build(checkpoint: Checkpoint) -> SegFormer:
    """The network with the checkpoint's weights, float32, in evaluation mode."""
    with torch.device("meta"):
        network = SegFormer(checkpoint.config)
    network.load_state_dict(checkpoint.state, assign=True)
    return network.float().eval()


def _weights_file(path: Path) -> Path:
    if not stat.S_ISDIR(path.stat().st_mode):  # `exists` would keep silent about the reason.
        check_ends(path)
        return path
    for name in WEIGHT_FILES:
        if (path / name).is_file():
            return path / name
    raise UserError("checkpoint_no_weights", path=str(path))


def _read_tensors(file: Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Tensors by the file's own keys, and whatever the file says about its training."""
    try:
        if file.suffix == ".safetensors":
            file.open("rb").close()  # safetensors calls a file missing that may not be read.
            return load_file(file), {}
        with torch.serialization.safe_globals(_STAND_INS), warnings.catch_warnings():
            # torch warns of pickle protocols other than its own; what it cannot read, it refuses.
            warnings.simplefilter("ignore", UserWarning)
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code = "checkpoint_unsafe" if "Unsupported global" in str(error) else "checkpoint_broken"
        raise UserError(code, path=str(file)) from error
    except OSError as error:
        raise file_error(error, file, "checkpoint_broken") from error
    meta: Mapping[str, Any] = {}
    for _ in range(_DEEPEST_WRAPPER):
        if not isinstance(content, Mapping):
            break
        content = cast(Mapping[str, Any], content)
        meta = content.get("meta", meta) if isinstance(content.get("meta"), Mapping) else meta
        inner = next((content[k] for k in ("state_dict", "model") if k in content), None)
        if inner is None:
            tensors = {k: v for k, v in content.items() if isinstance(v, Tensor)}
            if not all(map(_is_whole, tensors.values())):
                raise UserError("checkpoint_broken", path=str(file))
            return {k.removeprefix("module."): v for k, v in tensors.items()}, meta
        content = inner
    raise UserError("checkpoint_not_segformer", path=str(file))


def _is_whole(tensor: Tensor) -> bool:
    """Whether the file holds every element: a view of one number can claim any size."""
    return (
        tensor.layout == torch.strided
        and tensor.device.type == "cpu"
        and tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()
    )


class _Inert:
    """Takes the place of foreign objects in a pickle: takes anything, keeps and does nothing."""

    def __new__(cls, *_: object) -> _Inert:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


# What mmengine's training checkpoints hold beside tensors: a HistoryBuffer for each logged value,
# its numpy arrays and scalars, and a bound method.
_STAND_INS: list[Any] = [
    (_Inert, name)
    for name in (
        "mmengine.logging.history_buffer.HistoryBuffer",
        "numpy.core.multiarray._reconstruct",
        "numpy._core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.ndarray",
        "numpy.dtype",
        "_codecs.encode",
        "builtins.getattr",
    )
]


def _read_json(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise UserError("checkpoint_broken", path=str(file)) from error
    if not isinstance(content, dict):
        raise UserError("checkpoint_broken", path=str(file))
    return cast(Mapping[str, Any], content)


def _config_of(
    path: Path, layout: Layout, state: Mapping[str, Tensor], fresh_classes: int
) -> SegFormerConfig:
    """Configuration as the shapes tell it."""
    try:
        patches = [state[f"stages.{i}.patch.proj.weight"] for i in range(4)]
        hidden = [state[f"stages.{i}.blocks.0.ffn.fc1.weight"].shape[0] for i in range(4)]
        dims = _four(weight.shape[0] for weight in patches)
        reductions = (state.get(f"stages.{i}.blocks.0.attn.sr.weight") for i in range(4))
        classifier = state.get("head.classifier.weight")
        fuse = state.get("head.fuse.weight")
        return SegFormerConfig(
            embed_dims=dims,
            depths=_four(_depth(state, i) for i in range(4)),
            num_heads=(1, 2, 5, 8),
            reduction_ratios=_four(1 if sr is None else sr.shape[-1] for sr in reductions),
            mlp_ratios=_four(h // dim for h, dim in zip(hidden, dims, strict=True)),
            patch_sizes=_four(weight.shape[-1] for weight in patches),
            head_width=256 if fuse is None else fuse.shape[0],
            num_classes=fresh_classes if classifier is None else classifier.shape[0],
            head="conv_bn_relu" if "head.linear_norm.0.weight" in state else "linear",
            eps=layout.eps,
        )
    except KeyError as error:
        raise UserError(
            "checkpoint_keys_missing", path=str(path), **_named([error.args[0]])
        ) from error


def _depth(state: Mapping[str, Tensor], stage: int) -> int:
    pattern = re.compile(rf"stages\.{stage}\.blocks\.(\d+)\.")
    # Counted: by the highest number alone, one odd key would ask for a million blocks.
    return len({match[1] for key in state if (match := pattern.match(key))})


# config.json's name of each field that the shapes or the paper fix.
_CONFIG_FIELDS = {
    "hidden_sizes": "embed_dims",
    "depths": "depths",
    "sr_ratios": "reduction_ratios",
    "mlp_ratios": "mlp_ratios",
    "patch_sizes": "patch_sizes",
    "decoder_hidden_size": "head_width",
}


def _checked_against(
    path: Path, config: SegFormerConfig, hf: Mapping[str, Any], fresh_head: bool
) -> SegFormerConfig:
    """`config` with what only `config.json` can tell; refuses one that contradicts the weights."""

    def refuse(field: str, stated: object, found: object) -> UserError:
        return UserError(
            "checkpoint_config", path=str(path), field=field, stated=str(stated), found=str(found)
        )

    for theirs, ours in _CONFIG_FIELDS.items():
        found = getattr(config, ours)
        stated = hf.get(theirs, found)
        comparable = tuple(stated) if isinstance(stated, list) else stated
        if comparable != found and not (fresh_head and ours == "head_width"):
            raise refuse(theirs, stated, found)
    if hf.get("hidden_act", "gelu") != "gelu":
        raise refuse("hidden_act", hf["hidden_act"], "gelu")
    labels = hf.get("id2label")
    if labels and not fresh_head and len(labels) != config.num_classes:
        raise refuse("id2label", f"{len(labels)} classes", f"{config.num_classes} classes")
    heads = _four(hf.get("num_attention_heads", config.num_heads))
    if min(heads) < 1 or any(dim % n for dim, n in zip(config.embed_dims, heads, strict=True)):
        raise refuse("num_attention_heads", heads, f"channels {config.embed_dims}")
    strides = _four(hf.get("strides", config.strides))
    if min(strides) < 1:
        raise refuse("strides", strides, f"patch sizes {config.patch_sizes}")
    return replace(config, num_heads=heads, strides=strides)


def _classes_of(
    hf: Mapping[str, Any], meta: Mapping[str, Any], config: SegFormerConfig
) -> tuple[tuple[str, ...] | None, tuple[tuple[int, int, int], ...] | None]:
    """Names and colours, from a Hugging Face config or from mmsegmentation's `meta`."""
    labels = hf.get("id2label")
    if labels:
        return tuple(str(labels[str(i)]) for i in range(config.num_classes)), None
    known = meta.get("dataset_meta", meta)
    names = known.get("classes", known.get("CLASSES"))
    colors = known.get("palette", known.get("PALETTE"))
    if not names or len(names) != config.num_classes:
        return None, None
    if colors is not None and len(colors) == len(names):
        return tuple(map(str, names)), tuple((int(r), int(g), int(b)) for r, g, b in colors)
    return tuple(map(str, names)), None


def _complete(
    path: Path, layout: Layout, config: SegFormerConfig, state: dict[str, Tensor], fresh_head: bool
) -> dict[str, Tensor]:
    """`state` checked against the network that `config` makes; a missing head is initialised."""
    with torch.device("meta"):
        expected = SegFormer(config).state_dict()
    if fresh_head:
        expected = {key: tensor for key, tensor in expected.items() if not key.startswith("head.")}
    # How many batches BatchNorm has seen matters to nothing here, and not every writer keeps it.
    for key in expected:
        if key.endswith("num_batches_tracked"):
            state.setdefault(key, torch.tensor(0))
    if missing := [key for key in expected if key not in state]:
        raise UserError("checkpoint_keys_missing", path=str(path), **_named(missing))
    if extra := [key for key in state if key not in expected]:
        raise UserError("checkpoint_keys_unknown", path=str(path), **_named(extra))
    _check_tensors(path, layout, expected, state)
    if fresh_head:  # Only now that its size is known to be that of a real encoder.
        head = SegFormer(config).head.state_dict()
        state |= {f"head.{key}": tensor for key, tensor in head.items()}
    return state


def _check_tensors(
    path: Path, layout: Layout, expected: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> None:
    for key, tensor in state.items():
        if tensor.shape != expected[key].shape:
            raise UserError(
                "checkpoint_shape",
                path=str(path),
                layout=layout.title,
                key=key,
                found=" x ".join(map(str, tensor.shape)),
                expected=" x ".join(map(str, expected[key].shape)),
            )
        if not (tensor.is_floating_point() or key.endswith("num_batches_tracked")):
            raise UserError("checkpoint_broken", path=str(path))
        # The extremes tell, in a tenth of the time that it takes to ask each number.
        if not all(extreme.isfinite() for extreme in tensor.aminmax()):
            raise UserError("checkpoint_not_finite", path=str(path), key=key)


def _named(keys: list[str]) -> dict[str, object]:
    """The first keys of a list, and how many there are, as parameters of a sentence."""
    return {"count": len(keys), "keys": ", ".join(keys[:3]) + (", ..." if len(keys) > 3 else "")}


def _three(values: Iterable[float]) -> Three:
    first, second, third = (float(value) for value in values)
    return first, second, third


def _four(values: Iterable[int]) -> Four:
    first, second, third, fourth = (int(value) for value in values)
    return first, second, third, fourth
