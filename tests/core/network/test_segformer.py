"""The network against transformers' SegFormer, the independent implementation."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import ours_of, realistic, transformers_model

from segformer_gui.core.network import segformer as module
from segformer_gui.core.network.presets import PRESETS, SegFormerConfig, preset, preset_name
from segformer_gui.core.network.segformer import AllMLPHead, SegFormer, attend

TINY = SegFormerConfig(
    (8, 16, 24, 32), (1, 1, 1, 1), head_width=16, num_classes=5, num_heads=(1, 2, 3, 4)
)

# Parameters with 19 classes; the paper's table 6 gives them without head and rounded.
PARAMETERS = {
    "b0": 3_719_027,
    "b1": 13_682_131,
    "b2": 27_361_235,
    "b3": 47_237_075,
    "b4": 64_007_635,
    "b5": 84_607_955,
}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_the_published_parameter_counts(name: str) -> None:
    with torch.device("meta"):
        network = SegFormer(preset(name, 19))

    assert sum(p.numel() for p in network.parameters()) == PARAMETERS[name]
    assert preset_name(network.config) == name


@pytest.mark.parametrize("name", PRESETS)
def test_logits_equal_transformers(name: str) -> None:
    oracle = transformers_model(preset(name, 19))
    network = ours_of(oracle)
    x = torch.randn(1, 3, 96, 128)

    with torch.inference_mode():
        assert (network(x) - oracle(x).logits).abs().max() < 1e-4


def test_logits_equal_transformers_at_odd_sizes_and_class_counts() -> None:
    for classes, size in ((2, (67, 131)), (150, (97, 64)), (3, (33, 250))):
        oracle = transformers_model(replace(TINY, num_classes=classes))
        network = ours_of(oracle)
        x = torch.randn(2, 3, *size)
        with torch.inference_mode():
            assert (network(x) - oracle(x).logits).abs().max() < 1e-4


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    batch=st.integers(1, 2),
    classes=st.integers(1, 300),
)
@settings(max_examples=20, deadline=None)
def test_any_input_size_and_class_count_works(
    height: int, width: int, batch: int, classes: int
) -> None:
    network = SegFormer(replace(TINY, num_classes=classes)).eval()

    with torch.inference_mode():
        logits = network(torch.randn(batch, 3, height, width))

    assert logits.shape == (batch, classes, -(-height // 4), -(-width // 4))
    assert logits.isfinite().all()


def test_input_memory_order_does_not_change_the_logits() -> None:
    network = SegFormer(TINY).eval()
    x = torch.randn(1, 3, 64, 96)

    with torch.inference_mode():
        same = network(x.contiguous(memory_format=torch.channels_last))
        assert torch.allclose(network(x), same, atol=1e-5)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 40),
    batch=st.integers(1, 2),
    strip_bytes=st.sampled_from([1, 3000, 20_000]),
    head=st.sampled_from(["linear", "conv_bn_relu"]),
)
@settings(max_examples=20, deadline=None)
def test_strips_of_any_height_give_the_logits_of_the_whole_map(
    height: int, width: int, batch: int, strip_bytes: int, head: str
) -> None:
    network = realistic(SegFormer(replace(TINY, head=head))).eval()
    x = torch.randn(batch, 3, height, width)

    with torch.inference_mode():
        whole = network(x)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "STRIP_BYTES", strip_bytes)
            in_strips = network(x)

    assert torch.allclose(in_strips, whole, atol=1e-4)


def test_attention_of_bfloat16_training_equals_torchs() -> None:
    q, k, v = (torch.randn(2, 3, length, 8) for length in (40, 12, 12))

    ours = attend(*(t.bfloat16() for t in (q, k, v)), training=True)

    assert (ours - F.scaled_dot_product_attention(q, k, v)).abs().max() < 0.03


def test_dropout_leaves_out_whole_channels_of_each_sample() -> None:
    head = AllMLPHead(replace(TINY, dropout=0.5)).train()
    x = torch.rand(64, 2, 3, TINY.head_width)
    kept = []

    def keep(_: object, __: object, mask: torch.Tensor) -> None:
        kept.append(mask)

    head.dropout.register_forward_hook(keep)
    logits = head.classify(x)

    weight = head.classifier.weight.flatten(1)
    expected = F.linear(x * kept[0][:, None], weight, head.classifier.bias)
    assert torch.allclose(logits, expected, atol=1e-6)
    assert set(kept[0].unique().tolist()) == {0.0, 2.0}
    assert (kept[0] == 0).float().mean().item() == pytest.approx(0.5, abs=0.1)


def literal_head(head: AllMLPHead, features: list[torch.Tensor]) -> torch.Tensor:
    """The decoder as the paper writes it: project, upsample, concatenate, fuse, classify."""
    size = features[0].shape[1:3]
    parts: list[torch.Tensor] = []
    for index, x in enumerate(features):
        y = head.linear[index](x).permute(0, 3, 1, 2)
        if head.linear_norm:
            y = F.relu(head.linear_norm[index](y))
        parts.append(F.interpolate(y, size, mode="bilinear", align_corners=False))
    return head.classifier(F.relu(head.norm(head.fuse(torch.cat(parts, dim=1)))))


@pytest.mark.parametrize("variant", ["linear", "conv_bn_relu"])
def test_folded_head_has_the_literal_heads_output_gradients_and_statistics(variant: str) -> None:
    config = replace(TINY, head=variant, dropout=0.0)
    folded, literal = (AllMLPHead(config).double().train() for _ in range(2))
    literal.load_state_dict(folded.state_dict())
    features = [
        torch.randn(2, 17 >> i or 1, 22 >> i, dim, dtype=torch.float64)
        for i, dim in enumerate(config.embed_dims)
    ]

    ours, theirs = folded(features), literal_head(literal, features)
    weights = torch.randn_like(ours)
    (ours * weights).sum().backward()
    (theirs * weights).sum().backward()

    assert torch.allclose(ours, theirs, atol=1e-12)
    for (name, p), q in zip(folded.named_parameters(), literal.parameters(), strict=True):
        assert torch.allclose(p.grad, q.grad, atol=1e-10), name
    for (name, a), b in zip(folded.named_buffers(), literal.buffers(), strict=True):
        assert torch.allclose(a, b, atol=1e-12), name


def test_drop_path_leaves_out_branches_only_in_training() -> None:
    network = realistic(SegFormer(replace(TINY, drop_path=0.9, dropout=0.0)))
    x = torch.randn(1, 3, 64, 64)

    torch.manual_seed(0)
    trained = torch.stack([network.train().encode(x)[3] for _ in range(6)])
    evaluated = [network.eval().encode(x)[3] for _ in range(2)]

    assert torch.equal(evaluated[0], evaluated[1])
    assert trained.std(0).max() > 0


def test_new_network_starts_with_the_authors_weight_statistics() -> None:
    network = SegFormer(PRESETS["b0"])

    assert network.stages[3].blocks[0].ffn.fc1.weight.std().item() == pytest.approx(0.02, rel=0.05)
    dwconv = network.stages[3].blocks[0].ffn.dwconv.weight
    assert dwconv.std().item() == pytest.approx((2 / 9) ** 0.5, rel=0.05)
    assert network.stages[0].patch.proj.bias.abs().max() == 0
