"""Image in, `Prediction` out: device, precision, size, windows, and what to do when memory ends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segformer_gui.core.errors import Note, UserError, memory_ended
from segformer_gui.core.inference.openvino import OpenVinoNetwork, openvino_is_installed
from segformer_gui.core.inference.options import DeviceChoice, PrecisionChoice, SegmentOptions
from segformer_gui.core.inference.prediction import Prediction, Timings, argmax_labels
from segformer_gui.core.models import LoadedModel
from segformer_gui.core.network.preprocess import normalize

# Above this many network input pixels a whole image is cut into windows without being asked: a
# CPU that runs out of memory is killed by its system, it gets no error that could be caught.
MAX_WHOLE_PIXELS = 2048 * 4096

_MOST_AT_ONCE = 4

_DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


class Cancelled(Exception):  # noqa: N818 (not an error: the caller asked to stop)
    """The caller asked to stop."""


def available_devices() -> list[str]:
    """Devices that torch can use here, the fastest first: of "cuda", "mps" and "cpu"."""
    devices = ["cpu"]
    if torch.backends.mps.is_available():
        devices.insert(0, "mps")
    if torch.cuda.is_available():
        devices.insert(0, "cuda")
    return devices


def available_precisions(device: str) -> list[str]:
    """Precisions that work on `device`, the default first.

    Half precision is the default where it is faster and safe: on CUDA with tensor cores (norms,
    softmax and logits stay float32 under autocast). On a CPU, bfloat16 changes about one label in
    200 for a gain that depends on the model, so it is a choice and not the default.
    """
    if device == "cuda":
        half_first = torch.cuda.get_device_capability() >= (7, 0)
        usual = ["float16", "float32"] if half_first else ["float32", "float16"]
        computed = torch.cuda.is_bf16_supported(including_emulation=False)
        return [*usual, "bfloat16"] if computed else usual
    if device == "mps":
        return ["float32", "float16"]
    return ["float32", "bfloat16", *(["openvino"] if openvino_is_installed() else [])]


@dataclass(frozen=True)
class _Attempt:
    """One way of running the network, from which `step_down` finds the next cheaper one."""

    device: str
    precision: str
    options: SegmentOptions

    def step_down(self, size: tuple[int, int]) -> tuple[_Attempt, Note] | None:
        """The next attempt after running out of memory on a network input of `size` (H, W)."""
        largest = min(max(size), self.options.crop) if self.options.sliding else max(size)
        for crop in (1024, 512):
            if crop < largest:
                tiled = replace(self.options, sliding=True, crop=crop, stride=crop * 3 // 4)
                return replace(self, options=tiled), Note("memory_tiled", {"crop": crop})
        if self.device != "cpu" and self.precision == "float32":
            return replace(self, precision="float16"), Note("memory_half", {})
        if self.device != "cpu":
            return replace(self, device="cpu", precision="float32"), Note("memory_cpu", {})
        return None


class Segmenter:
    """Runs one model on one device. Use from one thread at a time, or by an `Admission`.

    Raises `UserError` `device_unavailable` or `precision_unavailable`.
    """

    def __init__(
        self, model: LoadedModel, device: DeviceChoice = "auto", precision: PrecisionChoice = "auto"
    ) -> None:
        devices = available_devices()
        self.device: str = devices[0] if device == "auto" else device
        if self.device not in devices:
            raise UserError("device_unavailable", device=device, available=", ".join(devices))
        precisions = available_precisions(self.device)
        self.precision: str = precisions[0] if precision == "auto" else precision
        if self.precision not in precisions:
            raise UserError(
                "precision_unavailable",
                precision=precision,
                device=self.device,
                available=", ".join(precisions),
            )
        self.model = model
        self._network = model.network.to(self.device)
        self._openvino = OpenVinoNetwork(model.network) if self.precision == "openvino" else None
        self._threads = torch.get_num_threads()  # A thread may keep to a share of these.

    def images_at_once(self, pixels: int) -> int | None:
        """How many images of so many `pixels` to segment at once, for the most in a second.

        Each in a thread of its own, which keeps to its share of torch's. None with the network on
        another device than the processor, where one follows the other.
        """
        if self.device != "cpu":
            return None
        if self._openvino is not None:  # Has threads of its own.
            return 1
        together = MAX_WHOLE_PIXELS // max(1, pixels)  # As much memory as one image may take.
        return max(1, min(self._threads, _MOST_AT_ONCE, together))

    def segment(
        self,
        image: NDArray[np.uint8],
        options: SegmentOptions = SegmentOptions(),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Prediction:
        """Segment an image (H, W, 3) uint8 RGB.

        When memory runs out, windows, half precision and the CPU are tried in turn, and the
        prediction's notes say so. Raises `Cancelled`, or `UserError` `out_of_memory`.
        """
        started = time.perf_counter()
        scaled = [self._scale(image, options, scale) for scale in options.scales]
        attempt = _Attempt(self.device, self.precision, options)
        notes: list[Note] = []
        height, width = max((part.shape[:2] for part in scaled), key=math.prod)
        size = (height, width)
        if not options.sliding and size[0] * size[1] > MAX_WHOLE_PIXELS:
            attempt = replace(attempt, options=replace(options, sliding=True))
            notes.append(Note("image_tiled", {"width": size[1], "height": size[0]}))
        while True:
            try:
                return self._attempt(image, scaled, attempt, notes, started, cancelled)
            except (MemoryError, RuntimeError) as error:
                if not memory_ended(error):
                    raise
                following = attempt.step_down(size)
                if following is None:
                    raise UserError("out_of_memory", width=size[1], height=size[0]) from error
            # Outside the handler: the traceback would keep the failed attempt's tensors alive.
            attempt, note = following
            notes.append(note)
            if self.device == "cuda":
                torch.cuda.empty_cache()

    def _scale(
        self, image: NDArray[np.uint8], options: SegmentOptions, scale: float
    ) -> NDArray[np.uint8]:
        short = self.model.short_side if options.short_side == "model" else options.short_side
        height, width = image.shape[:2]
        short = (short or min(height, width)) * scale
        if short == min(height, width):
            return image
        # A strip of few pixels is not enlarged to millions.
        largest = max(1.0, (MAX_WHOLE_PIXELS / (height * width)) ** 0.5)
        factor = min(short / min(height, width), largest)
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        # Bilinear as in the published protocols, which SegFormer's figures were taken with.
        return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)  # pyright: ignore

    def _attempt(
        self,
        image: NDArray[np.uint8],
        scaled: list[NDArray[np.uint8]],
        attempt: _Attempt,
        notes: list[Note],
        started: float,
        cancelled: Callable[[], bool],
    ) -> Prediction:
        # A network that is where it belongs takes milliseconds to find that out.
        elsewhere = attempt.device != self.device
        try:
            if elsewhere:
                self._network.to(attempt.device)
            with torch.inference_mode():
                inputs = [
                    normalize(_uploaded(part, attempt.device), self.model.mean, self.model.std)
                    for part in scaled
                ]
                before_network = _now(attempt.device)
                logits = _averaged([self._logits(x, attempt, cancelled) for x in inputs])
                after_network = _now(attempt.device)
                labels = argmax_labels(logits, (image.shape[0], image.shape[1]))
            if self._openvino is not None:
                percent = round(self._openvino.agreement * 100, 1)
                notes = [*notes, Note("openvino_agreement", {"percent": percent})]
        finally:
            if elsewhere:
                self._network.to(self.device)
        return Prediction(
            labels=labels,
            logits=logits,
            classes=self.model.classes,
            timings=Timings(
                preprocess_ms=(before_network - started) * 1000,
                network_ms=(after_network - before_network) * 1000,
                postprocess_ms=(time.perf_counter() - after_network) * 1000,
            ),
            device=attempt.device,
            precision=attempt.precision,
            notes=tuple(notes),
        )

    def _logits(self, x: Tensor, attempt: _Attempt, cancelled: Callable[[], bool]) -> Tensor:
        """Logits (C, ceil(H / 4), ceil(W / 4)) float32 of a normalised (1, 3, H, W)."""
        options = attempt.options
        if not options.sliding:
            return self._run(x, attempt, cancelled)
        height, width = x.shape[2:]
        total: Tensor | None = None
        count = torch.zeros(-(-height // 4), -(-width // 4), device=x.device)
        for top, bottom in windows(height, options.crop, options.stride):
            for left, right in windows(width, options.crop, options.stride):
                part = self._run(x[:, :, top:bottom, left:right], attempt, cancelled)
                if total is None:
                    total = torch.zeros(len(part), *count.shape, device=x.device)
                rows = slice(top // 4, top // 4 + part.shape[1])
                columns = slice(left // 4, left // 4 + part.shape[2])
                total[:, rows, columns] += part
                count[rows, columns] += 1
        assert total is not None  # windows() yields at least one
        return total.div_(count)

    def _run(self, x: Tensor, attempt: _Attempt, cancelled: Callable[[], bool]) -> Tensor:
        if cancelled():
            raise Cancelled
        network = self._openvino or self._network
        with _autocast(attempt):
            logits = network(x)[0].float()
            if not attempt.options.flip:
                return logits
            mirrored = network(x.flip(-1))[0].float().flip(-1)
        return _averaged([logits, mirrored])


def windows(length: int, crop: int, stride: int) -> list[tuple[int, int]]:
    """Start and end of the windows along one side: every `stride`, the last one flush to the end.

    Starts are multiples of 4, so that the windows' logits lie on the whole image's grid; the last
    window is up to 3 px longer than `crop` for it. A side no longer than `crop` is one window.
    """
    if length <= crop:
        return [(0, length)]
    last = (length - crop) // 4 * 4
    starts = [*range(0, last, max(4, stride // 4 * 4)), last]
    return [(start, start + crop) for start in starts[:-1]] + [(last, length)]


def _averaged(parts: list[Tensor]) -> Tensor:
    """Logits (C, h, w) of the mean of the parts' probabilities, on the finest of their grids.

    Probabilities are averaged, as in the field's test-time augmentation. Their logarithm is a set
    of logits again, so that everything downstream stays one path.
    """
    if len(parts) == 1:
        return parts[0]
    size = max((part.shape[1:] for part in parts), key=math.prod)
    total = torch.zeros(len(parts[0]), *size, device=parts[0].device)
    for part in parts:
        p = part.softmax(0)
        total += p if p.shape[1:] == size else F.interpolate(p[None], size, mode="bilinear")[0]
    return total.div_(len(parts)).clamp_(min=1e-30).log_()


def _uploaded(pixels: NDArray[np.uint8], device: str) -> Tensor:
    """An image (H, W, 3) as (1, H, W, 3) on the device: as bytes, a quarter of the floats' size."""
    # torch takes no array that is not to be written to, such as a clip's frames.
    image = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))[None]
    if device == "cuda":
        # From memory that stays in its place the card fetches by itself, while this thread goes on.
        return image.pin_memory().to(device, non_blocking=True)
    return image.to(device)


def _autocast(attempt: _Attempt) -> AbstractContextManager[object]:
    if attempt.precision in _DTYPES:
        return torch.autocast(attempt.device, _DTYPES[attempt.precision])
    if attempt.device == "cuda":
        # cuDNN's convolutions would round to TF32's ten bits. A trainer that is scored in between
        # keeps its own setting.
        return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    return nullcontext()


def _now(device: str) -> float:
    """Clock in seconds, after the device has finished what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()
    return time.perf_counter()
