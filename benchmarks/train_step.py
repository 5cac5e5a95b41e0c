"""A step of training, against transformers: `python benchmarks/train_step.py [--device cuda]`.

B0, 2 crops of 512 x 512, the same weights: forward, cross-entropy at full resolution, backward,
clipping, AdamW. Drop path and dropout are off, so that both sides have the same gradients, which is
checked first. "Head only" is fine-tuning with a frozen encoder: the peer runs it each step, we keep
its features.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from inference import DTYPES, our_model, their_model
from sides import Side, measure, stamp

BATCH, SIZE, CLASSES = 2, 512, 19
REPETITIONS = 9


def main() -> None:
    """Check the gradients, measure, and print the table."""
    from segformer_gui.core.inference.segmenter import available_devices

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=DTYPES.keys() & available_devices(), default="cpu")
    device: str = parser.parse_args().device
    machine = stamp("torch", "transformers", device=device)
    print(f"{machine} Both with the application's allocator setting.\n")
    print(f"Gradients in float32 differ by {_gradient_difference():.1e} of their norm.\n")
    print("| step | transformers, ms | ours, ms | ratio |\n| --- | --- | --- | --- |")
    theirs, theirs_bf16, ours, ours_bf16, their_head, our_head = measure(
        [
            Side("transformers", _theirs, (device, "float32", False), tuned=True),
            Side("transformers bf16", _theirs, (device, "bfloat16", False), tuned=True),
            Side("ours", _ours, (device, "float32", False), tuned=True),
            Side("ours bf16", _ours, (device, "bfloat16", False), tuned=True),
            Side("transformers head", _theirs, (device, "float32", True), tuned=True),
            Side("ours head", _ours, (device, "float32", True), tuned=True),
        ],
        REPETITIONS,
    )
    for name, peer, own in (
        ("float32", theirs, ours),
        ("bfloat16, against float32", theirs, ours_bf16),
        ("bfloat16, against bfloat16", theirs_bf16, ours_bf16),
        ("head only, float32", their_head, our_head),
    ):
        ratio = peer.median / own.median
        print(f"| {name} | {peer.spread()} | {own.spread()} | {ratio:.1f} |")


def _batch(device: str) -> tuple[Any, Any]:
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(BATCH, 3, SIZE, SIZE, generator=generator)
    labels = torch.randint(0, CLASSES, (BATCH, SIZE, SIZE), generator=generator)
    return x.to(device), labels.to(device)


def _without_dropout(model: Any) -> Any:  # noqa: ANN401
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for rate in ("drop_prob", "drop_path_rate"):
            if hasattr(module, rate):
                setattr(module, rate, 0.0)
    return model.train()


def _theirs(device: str, precision: str, head_only: bool) -> Callable[[], float]:
    model, (x, labels) = _without_dropout(their_model("b0")).to(device), _batch(device)
    if head_only:
        model.segformer.requires_grad_(False)
    return _step(model, lambda: model(x, labels=labels).loss, precision, fused=False)


def _ours(device: str, precision: str, head_only: bool) -> Callable[[], float]:
    import torch

    from segformer_gui.core.training.loss import segmentation_loss
    from segformer_gui.core.training.recipe import Loss

    model, (x, labels) = _without_dropout(our_model("b0")).to(device), _batch(device)
    if head_only:
        with torch.no_grad():
            features = model.encode(x)
        return _step(
            model.head,
            lambda: segmentation_loss(model.head(features), labels, Loss(), None),
            precision,
            fused=True,
        )
    x = x.contiguous(memory_format=torch.channels_last)
    return _step(
        model, lambda: segmentation_loss(model(x), labels, Loss(), None), precision, fused=True
    )


def _step(
    model: Any,  # noqa: ANN401
    loss_of: Callable[[], Any],
    precision: str,
    fused: bool,
) -> Callable[[], float]:
    import torch

    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, 1e-5, fused=fused)

    def run() -> float:
        half = precision == "bfloat16"
        with torch.autocast(parameters[0].device.type, torch.bfloat16, enabled=half):
            loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return float(loss.detach())

    return run


def _gradient_difference() -> float:
    """Norm of the difference between the gradients of the two, of that of the gradient."""
    from segformer_gui.core.network.layouts import detect, to_ours
    from segformer_gui.core.training.loss import segmentation_loss
    from segformer_gui.core.training.recipe import Loss

    theirs, ours, (x, labels) = their_model("b0"), our_model("b0"), _batch("cpu")
    _without_dropout(theirs)(x, labels=labels).loss.backward()
    segmentation_loss(_without_dropout(ours)(x), labels, Loss(), None).backward()
    # The peer's gradients travel through the conversion that its weights took.
    gradients = {name: p.grad for name, p in theirs.named_parameters()}
    state = {name: gradients.get(name, value) for name, value in theirs.state_dict().items()}
    layout = detect(state)
    assert layout is not None
    expected = to_ours(layout, state)[0]
    difference = sum(
        float((p.grad - expected[name]).square().sum()) for name, p in ours.named_parameters()
    )
    return (difference / sum(float(g.square().sum()) for g in gradients.values())) ** 0.5


if __name__ == "__main__":
    main()
