"""A model that can be loaded here, written for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from segformer_gui.core.files import whole_folder, write_atomically
from segformer_gui.core.models import load_model
from segformer_gui.core.network.export import export_hugging_face, plain_card, weights_file
from segformer_gui.core.network.onnx import export_onnx

Format = Literal["huggingface", "safetensors", "onnx"]


def write_model(name: str, out: Path, format_: Format, half: bool = False) -> float | None:
    """Write the model that `name` is known by to `out`.

    - huggingface: a folder, new or empty, that transformers loads; `half` stores float16
    - safetensors: its weights alone, under the names of that folder
    - onnx: a graph for any size; returns how far its logits are from the network's at most

    Raises `UserError` as `load_model`, `whole_folder`, `export_hugging_face`, `export_onnx`.
    """
    model = load_model(name)
    network, classes, mean, std = model.network, model.classes, model.mean, model.std
    if format_ == "onnx":
        return export_onnx(network, classes, out, mean=mean, std=std)
    if format_ == "safetensors":
        write_atomically(out, weights_file(network))
        return None
    source = f"a checkpoint in {model.layout} layout"
    card = plain_card(Path(model.id).stem, network, classes, source)
    with whole_folder(out) as folder:
        export_hugging_face(network, classes, folder, card=card, mean=mean, std=std, half=half)
    return None
