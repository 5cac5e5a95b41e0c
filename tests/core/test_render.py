"""Colours of label maps, against a loop over pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segformer_gui.core.classes import class_set_of_count, class_set_of_names, known_class_set
from segformer_gui.core.render import colorize, outlines, overlay

MANY = class_set_of_names([f"class {index}" for index in range(300)])
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)


def color_by_color(labels, classes) -> np.ndarray:
    image = np.zeros((*labels.shape, 3), np.uint8)
    for index in np.ndindex(labels.shape):
        if labels[index] < len(classes):
            image[index] = classes.colors[labels[index]]
    return image


@given(hnp.arrays(np.uint8, SHAPES), st.sampled_from([2, 19, 150, 255]))
def test_8_bit_labels_get_their_colours_and_other_ids_black(labels, count):
    classes = class_set_of_count(count)
    colored = colorize(labels, classes)
    assert colored.dtype == np.uint8
    np.testing.assert_array_equal(colored, color_by_color(labels, classes))


@given(
    hnp.arrays(np.uint16, SHAPES, elements=st.sampled_from([0, 1, 18, 19, 256, 299, 300, 65535]))
)
def test_16_bit_labels_get_their_colours_and_other_ids_black(labels):
    for classes in (known_class_set("cityscapes"), MANY):
        np.testing.assert_array_equal(colorize(labels, classes), color_by_color(labels, classes))


def test_labels_that_are_a_view_are_coloured_too():
    labels = np.arange(48, dtype=np.uint8).reshape(6, 8)[::2, ::-1]
    classes = known_class_set("ade20k")
    np.testing.assert_array_equal(colorize(labels, classes), color_by_color(labels, classes))


@given(
    hnp.arrays(np.uint8, (3, 4, 3)),
    hnp.arrays(np.uint8, (3, 4)),
    st.floats(0, 1),
)
def test_overlay_blends_linearly(image, labels, opacity):
    classes = known_class_set("cityscapes")
    colors = color_by_color(labels, classes)
    expected = image * (1 - opacity) + colors * opacity
    np.testing.assert_allclose(overlay(image, labels, classes, opacity), expected, atol=0.501)


def test_overlay_ends_at_image_and_colours():
    image = np.full((2, 2, 3), 90, np.uint8)
    labels = np.array([[0, 1], [18, 255]], np.uint8)
    classes = known_class_set("cityscapes")
    np.testing.assert_array_equal(overlay(image, labels, classes, 0), image)
    np.testing.assert_array_equal(overlay(image, labels, classes, 1), colorize(labels, classes))


@given(
    labels=hnp.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.integers(0, 3),
    )
)
def test_outlines_are_the_pixels_with_a_neighbour_of_another_class(labels):
    height, width = labels.shape
    expected = np.full_like(labels, np.iinfo(labels.dtype).max)
    for y, x in np.ndindex(height, width):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        inside = [labels[v, u] for v, u in around if 0 <= v < height and 0 <= u < width]
        if any(neighbour != labels[y, x] for neighbour in inside):
            expected[y, x] = labels[y, x]
    np.testing.assert_array_equal(outlines(labels), expected)
    assert outlines(labels).dtype == labels.dtype


@given(
    hnp.arrays(np.uint8, SHAPES, elements=st.integers(0, 18)),
    st.lists(st.integers(0, 18), max_size=5),
)
def test_hidden_classes_leave_the_image_as_it_is(labels, hidden):
    classes = known_class_set("cityscapes")
    image = np.full((*labels.shape, 3), 77, np.uint8)
    blended = overlay(image, labels, classes, 0.5, hidden)
    whole = overlay(image, labels, classes, 0.5)
    for index in np.ndindex(labels.shape):
        expected = image if labels[index] in hidden else whole
        assert blended[index].tolist() == expected[index].tolist()
