"""Edits of a mask: what they change, what they spare, and that they can be undone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.annotation.mask import PRESERVE, UNLABELLED, Mask, Rules
from segformer_gui.core.annotation.patch import Patch, pack, unpack
from segformer_gui.core.annotation.region import Box, Change, Region
from tests.core.annotation.conftest import blobs, whole


def random_region(rng: np.random.Generator, size: tuple[int, int]) -> Region:
    inside = np.zeros(size, np.bool_)
    top, left = rng.integers(0, size[0]), rng.integers(0, size[1])
    height, width = rng.integers(1, size[0] + 1), rng.integers(1, size[1] + 1)
    part = inside[top : top + height, left : left + width]
    part[:] = rng.random(part.shape) < rng.choice([0.02, 0.5, 1])
    return Region.of(inside)


def random_rules(rng: np.random.Generator) -> Rules:
    only_over = [None, frozenset({UNLABELLED}), frozenset({0, 2})][rng.integers(3)]
    return Rules(only_over, frozenset(np.flatnonzero(rng.random(4) < 0.2).tolist()))


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("seed", range(30))
def test_an_edit_is_what_plain_numpy_makes_of_it_and_can_be_undone(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 70)), int(rng.integers(1, 70))
    labels = blobs(seed, size)
    labels[rng.random(size) < 0.3] = UNLABELLED
    mask = Mask(labels.copy(), rng.random(size) < 0.1)
    touched = mask.touched.copy()
    region, rules, touch = random_region(rng, size), random_rules(rng), bool(rng.integers(2))
    wanted = rng.integers(0, 5, region.inside.shape, np.uint8)

    preview = mask.affected(Change(region, wanted), rules)
    patch = mask.edit(Change(region, wanted), rules, touch)

    allowed = np.isin(labels, list(rules.only_over)) if rules.only_over else np.full(size, True)
    allowed &= whole(region, size) & ~np.isin(labels, list(rules.locked))
    full = np.zeros(size, np.uint8)
    full[region.box.slices] = wanted
    expected = np.where(allowed, full, labels)
    assert np.array_equal(mask.labels, expected)
    assert np.array_equal(mask.touched, np.where(allowed, touch, touched))
    assert np.array_equal(whole(preview, size), expected != labels)

    changed = (expected != labels) | (mask.touched != touched)
    if patch is None:
        assert not changed.any()
        return
    assert patch.box == Region.of(changed).box
    after = mask.labels.copy(), mask.touched.copy()
    assert mask.revert(patch) == patch.box
    assert np.array_equal(mask.labels, labels)
    assert np.array_equal(mask.touched, touched)
    assert mask.apply(patch) == patch.box
    assert np.array_equal(mask.labels, after[0])
    assert np.array_equal(mask.touched, after[1])


def test_a_patch_keeps_no_more_than_what_changed():
    mask = Mask.unlabelled(4320, 7680)
    region = Region(Box(4070, 7000, 4134, 7064), np.ones((64, 64), np.bool_))

    patch = mask.edit(region.filled(3))

    assert patch is not None
    assert len(patch.tiles) == 2
    assert patch.nbytes < 2000


def test_an_edit_that_changes_nothing_is_none():
    mask = Mask.unlabelled(10, 10)
    everything = Region(mask.box, np.ones((10, 10), np.bool_))
    assert mask.edit(everything.filled(UNLABELLED), touch=False) is None
    assert mask.edit(everything.filled(1), Rules(locked=frozenset({UNLABELLED}))) is None
    assert mask.edit(Region.of(np.zeros((10, 10), np.bool_)).filled(1)) is None
    assert mask.recording is None


def test_to_confirm_a_class_touches_its_pixels_and_can_be_undone():
    mask = Mask(np.full((4, 4), 2, np.uint8), np.zeros((4, 4), np.bool_))
    patch = mask.edit(Region(Box(1, 1, 3, 3), np.ones((2, 2), np.bool_)).filled(2))
    assert mask.touched.sum() == 4
    assert patch is not None
    mask.revert(patch)
    assert not mask.touched.any()


def test_preserve_paints_into_gaps_only():
    mask = Mask(np.array([[0, UNLABELLED, 1]], np.uint8), np.zeros((1, 3), np.bool_))
    mask.edit(Region(mask.box, np.ones((1, 3), np.bool_)).filled(5), PRESERVE)
    assert mask.labels.tolist() == [[0, 5, 1]]


@pytest.mark.usefixtures("small_tiles")
def test_a_change_beyond_the_border_is_cut_there():
    mask = Mask.unlabelled(20, 20)
    region = Region(Box(-5, -5, 30, 30), np.ones((35, 35), np.bool_))
    assert mask.affected(region.filled(1)).pixels == 400
    assert mask.edit(region.filled(1)) is not None
    assert (mask.labels == 1).all()
    away = Region(Box(30, 30, 40, 40), np.ones((10, 10), np.bool_))
    assert not mask.affected(away.filled(2))
    assert mask.edit(away.filled(2)) is None


@pytest.mark.usefixtures("small_tiles")
def test_a_cancelled_edit_leaves_the_mask_as_it_was():
    labels = blobs(1, (40, 50))
    mask = Mask(labels.copy(), np.zeros((40, 50), np.bool_))
    recording = mask.begin()
    for top in (0, 10, 20):
        region = Region(Box(top, 5, top + 20, 45), np.ones((20, 40), np.bool_))
        recording.paint(region.filled(top))
    assert recording.cancel()
    assert np.array_equal(mask.labels, labels)
    assert not mask.touched.any()
    assert mask.edit(Region(mask.box, np.ones((40, 50), np.bool_)).filled(1)) is not None


@pytest.mark.usefixtures("small_tiles")
def test_settled_copies_know_nothing_of_an_edit_that_has_not_ended():
    mask = Mask(blobs(2, (40, 50)), np.zeros((40, 50), np.bool_))
    before = mask.labels.copy()
    recording = mask.begin()
    recording.paint(Region(Box(3, 3, 30, 30), np.ones((27, 27), np.bool_)).filled(9))
    labels, touched = mask.settled()
    assert np.array_equal(labels, before)
    assert not touched.any()
    assert (mask.labels == 9).any()
    recording.end()
    assert np.array_equal(mask.settled()[0], mask.labels)


def test_two_edits_at_once_are_refused():
    mask = Mask.unlabelled(4, 4)
    mask.begin()
    with pytest.raises(AssertionError):
        mask.begin()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_patch_is_read_back_as_it_was(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 600)), int(rng.integers(1, 600))
    mask = Mask(blobs(seed, size), np.zeros(size, np.bool_))
    patch = mask.edit(random_region(rng, size).filled(200))
    if patch is not None:
        assert Patch.from_bytes(patch.to_bytes(), size) == patch
        assert patch.inverse().inverse() == patch


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 300), st.binary(max_size=4))
def test_damaged_patches_raise_nothing_but_value_errors(noise, place, garbage):
    mask = Mask.unlabelled(300, 300)
    patch = mask.edit(Region(Box(250, 250, 270, 270), np.ones((20, 20), np.bool_)).filled(1))
    assert patch is not None
    data = patch.to_bytes()
    damaged = data[:place] + garbage + data[place + len(garbage) :]
    for content in (noise, damaged, data[:place]):
        if content != data:
            try:
                read = Patch.from_bytes(content, (300, 300))
            except ValueError:
                continue
            mask.apply(read)  # Damage that shows nowhere still fits the mask.


def test_a_tile_that_unpacks_to_more_than_it_should_is_refused():
    bomb = pack(np.zeros((4000, 4000), np.uint8), np.zeros((4000, 4000), np.bool_))
    with pytest.raises(ValueError, match="another size"):
        unpack(bomb, (10, 10))


def test_a_patch_of_a_larger_mask_is_refused():
    mask = Mask.unlabelled(300, 300)
    patch = mask.edit(Region(Box(280, 0, 300, 20), np.ones((20, 20), np.bool_)).filled(1))
    assert patch is not None
    with pytest.raises(ValueError, match="outside"):
        Patch.from_bytes(patch.to_bytes(), (290, 300))


@settings(deadline=None)
@given(*[st.tuples(*[st.integers(-5, 12)] * 4)] * 2)
def test_boxes_meet_and_join_as_sets_of_pixels_do(first, second):
    def pixels(box: Box) -> set[tuple[int, int]]:
        rows, columns = range(box.top, box.bottom), range(box.left, box.right)
        return {(y, x) for y in rows for x in columns}

    a, b = Box(*first), Box(*second)
    assert pixels(a & b) == pixels(a) & pixels(b)
    joined = pixels(a | b)
    assert joined >= pixels(a) | pixels(b)
    assert bool(a) == bool(pixels(a))
    if a and b:
        ys, xs = zip(*(pixels(a) | pixels(b)), strict=True)
        assert a | b == Box(min(ys), min(xs), max(ys) + 1, max(xs) + 1)


@pytest.mark.parametrize("seed", range(10))
def test_regions_and_changes_meet_as_maps_do(seed):
    rng = np.random.default_rng(seed)
    size = (40, 30)
    a, b = random_region(rng, size), random_region(rng, size)
    assert np.array_equal(whole(a & b, size), whole(a, size) & whole(b, size))
    labels = rng.integers(0, 9, a.inside.shape, np.uint8)
    part = Change(a, labels).within(b)
    mask, other = Mask.unlabelled(*size), Mask.unlabelled(*size)
    mask.edit(part)
    other.edit(Change(a, labels))
    inside = whole(a, size) & whole(b, size)
    assert np.array_equal(mask.labels, np.where(inside, other.labels, UNLABELLED))
