"""A network out as ONNX, for any height and width, held against onnxruntime before it is kept.

Needs the packages onnx and onnxruntime: `pip install 'segformer-gui[onnx]'`.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.network.segformer import SegFormer

TOLERANCE = 1e-3
_OPSET = 17
_SIZES = ((96, 128), (160, 96), (101, 75))  # (height, width) in px that are tried, one of them odd.


class _Traceable(nn.Module):
    """The same network with a head that has no loop over strips: one graph fits all sizes."""

    def __init__(self, network: SegFormer) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        head = self.network.head
        features = self.network.encode(image)
        height, width = features[0].shape[1:3]
        project, *coarse = head.projections()
        fused = project(features[0])
        for share, feature in zip(coarse, features[1:], strict=True):
            part = share(feature).permute(0, 3, 1, 2)
            part = F.interpolate(part, (height, width), mode="bilinear")
            fused = fused + part.permute(0, 2, 3, 1)
        return head.classify(F.relu(fused)).permute(0, 3, 1, 2)


def export_onnx(
    network: SegFormer,
    classes: ClassSet,
    path: Path,
    *,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> float:
    """Write `path`: "image" (B, 3, H, W) float32, normalised RGB -> "logits" (B, C, H/4, W/4).

    Class names, `mean` and `std` are in its metadata. Returns the largest difference of any logit
    from those of the network, over several sizes. Raises `UserError` `onnx_missing`, `onnx_differs`
    for more than `TOLERANCE`, with nothing written, or as `write_atomically`.
    """
    try:
        onnx: Any = import_module("onnx")
        runtime: Any = import_module("onnxruntime")
    except ImportError as error:
        raise UserError("onnx_missing", package=error.name) from error
    network = network.float().cpu().eval()
    stream: Any = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # Of tracing, which is what is wanted, and its future.
        torch.onnx.export(
            _Traceable(network).eval(),
            (torch.zeros(1, 3, *_SIZES[0]),),
            stream,
            dynamo=False,
            opset_version=_OPSET,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={
                "image": {0: "batch", 2: "height", 3: "width"},
                "logits": {0: "batch", 2: "rows", 3: "columns"},
            },
        )
    graph = onnx.load_model_from_string(stream.getvalue())
    facts = {"classes": list(classes.names), "mean": mean, "std": std}
    for name, value in facts.items():
        graph.metadata_props.add(key=name, value=json.dumps(value))
    content = graph.SerializeToString()
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    difference = max(_differences(network, session))
    if not difference <= TOLERANCE:
        raise UserError("onnx_differs", difference=f"{difference:.2g}")
    write_atomically(path, content)
    return difference


@torch.no_grad()
def _differences(network: SegFormer, session: Any) -> Iterator[float]:  # noqa: ANN401 (untyped)
    rng = np.random.default_rng(0)
    for size in _SIZES:
        image = rng.standard_normal((2, 3, *size)).astype(np.float32)
        expected = network(torch.from_numpy(image)).numpy()
        found = session.run(None, {"image": image})[0]
        yield float(np.abs(found - expected).max()) if found.shape == expected.shape else np.inf
