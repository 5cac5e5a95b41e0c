"""OpenVINO in bfloat16: a second way to run the network on a CPU, about half as fast again.

An extra, `pip install "segformer-gui[openvino]"`. It is exact to bfloat16 only, so it is never
chosen by itself, and its agreement with float32 is measured and told.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from segformer_gui import __version__
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.paths import user_cache_dir

_KEPT_GRAPHS = 16  # One a model and size; about 15 MB each for B0.


def openvino_is_installed() -> bool:
    """Whether the extra is there; nothing is imported."""
    return importlib.util.find_spec("openvino") is not None


class OpenVinoNetwork:
    """Called like the network: (B, 3, H, W) float32 -> logits (B, C, h, w) float32.

    A graph is made for every input size, which takes seconds; it is kept in the user's cache
    folder, so that the next start takes a fraction of that. `agreement` is the share of positions,
    0..1, at which the first input of the present size got the class that float32 gives it.
    """

    def __init__(self, network: SegFormer) -> None:
        # Its telemetry is optional to it: without the module it sends nothing.
        sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
        import openvino

        self._openvino: Any = openvino
        self._core = openvino.Core()
        self._network = network
        self._digest = _digest(network, openvino.__version__)
        self._compiled: dict[tuple[int, ...], tuple[Any, float]] = {}
        self.agreement = 1.0

    def __call__(self, x: Tensor) -> Tensor:
        size = tuple(x.shape)
        if size not in self._compiled:
            compiled = self._compile(x)
            expected = self._network(x).argmax(1)
            agreement = float((_run(compiled, x).argmax(1) == expected).float().mean())
            self._compiled[size] = compiled, agreement
        compiled, self.agreement = self._compiled[size]
        return _run(compiled, x)

    def _compile(self, x: Tensor) -> Any:  # noqa: ANN401 (an openvino.CompiledModel)
        folder = user_cache_dir() / "openvino"
        graph = folder / f"{self._digest}-{'x'.join(map(str, x.shape))}.xml"
        options = {
            "INFERENCE_PRECISION_HINT": "bf16",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        if graph.is_file() and graph.with_suffix(".bin").is_file():
            try:
                return self._core.compile_model(graph, "CPU", options)
            except RuntimeError:
                pass  # A file that was cut short is made again.
        # Inference tensors cannot be traced.
        with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
            warnings.simplefilter("ignore")  # The trace is for this one size, as it warns.
            example = torch.zeros(x.shape)
            model = self._openvino.convert_model(self._network, example_input=example)
            model.reshape(list(x.shape))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._openvino.save_model(model, graph, compress_to_fp16=False)
            _forget_oldest(folder)
        except (OSError, RuntimeError):
            pass  # Without a cache the next start takes longer, and that is all.
        return self._core.compile_model(model, "CPU", options)


def _run(compiled: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    # OpenVINO uses its output's memory again.
    return torch.from_numpy(compiled(x.contiguous().numpy())[0].copy())


def _digest(network: SegFormer, version: str) -> str:
    """What a graph depends on: weights, shape of the network, and both programs."""
    digest = hashlib.sha256(f"{network.config} {version} {__version__}".encode())
    for tensor in network.state_dict().values():
        digest.update(tensor.cpu().numpy())
    return digest.hexdigest()[:32]


def _forget_oldest(folder: Path) -> None:
    graphs = sorted(folder.glob("*.xml"), key=lambda path: path.stat().st_mtime)
    for graph in graphs[:-_KEPT_GRAPHS]:
        graph.unlink(missing_ok=True)
        graph.with_suffix(".bin").unlink(missing_ok=True)
