"""The journal gives back what was written to it, as far as it got."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.annotation.mask import Mask
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.errors import UserError
from segformer_gui.core.project.journal import Journal, find_segments
from tests.core.project.conftest import SIZE, draw


def patches(count: int) -> list[Patch]:
    mask = Mask.unlabelled(*SIZE)
    made = [draw(mask, 10 * number, 8 * number, number) for number in range(count)]
    return [patch for patch in made if patch is not None]


def left_in(folder: Path, image: str = "a") -> Journal:
    return Journal(folder, image, SIZE, find_segments(folder).get(image, []))


def test_what_was_appended_is_read_back_in_order(tmp_path):
    made = patches(5)
    journal = left_in(tmp_path / "journal")
    for patch in made[:3]:
        journal.append(patch)
    journal.begin_segment()
    for patch in made[3:]:
        journal.append(patch)
    again = left_in(tmp_path / "journal")
    assert again.read() == made
    assert again.damaged == ()
    assert list(find_segments(tmp_path / "journal")) == ["a"]
    again.append(made[0])
    assert left_in(tmp_path / "journal").read() == [*made, made[0]]


def test_a_save_removes_the_segments_that_it_holds(tmp_path):
    made = patches(3)
    journal = left_in(tmp_path)
    journal.append(made[0])
    held = journal.begin_segment()
    journal.append(made[1])
    journal.remove(held)
    assert left_in(tmp_path).read() == [made[1]]
    journal.remove(journal.begin_segment())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "x" * 250, "straße 🚗", "\udcff", "a/b"])
def test_any_image_has_a_journal(tmp_path, name):
    made = patches(1)
    Journal(tmp_path, name, SIZE, []).append(made[0])
    Journal(tmp_path, "other", SIZE, []).append(made[0])
    assert left_in(tmp_path, name).read() == made


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_whatever_is_cut_off_the_end_what_is_before_is_read(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("journal")
    made = patches(4)
    journal = left_in(folder)
    ends = []
    for patch in made:
        journal.append(patch)
        (segment,) = folder.iterdir()
        ends.append(segment.stat().st_size)
    content = segment.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    segment.write_bytes(content[:cut])

    again = left_in(folder)

    assert again.read() == made[: sum(end <= cut for end in ends)]
    assert again.damaged == ()


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_damage_in_the_middle_keeps_what_is_before_it_and_the_file(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("journal")
    made = patches(3)
    journal = left_in(folder)
    ends = []
    for patch in made:
        journal.append(patch)
        (segment,) = folder.iterdir()
        ends.append(segment.stat().st_size)
    content = bytearray(segment.read_bytes())
    # In the content of the second patch, behind its length and checksum.
    place = data.draw(st.integers(ends[0] + 8, ends[1] - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    segment.write_bytes(content)

    again = left_in(folder)

    assert again.read() == made[:1]
    again.remove(again.begin_segment())
    (kept,) = folder.iterdir()
    assert again.damaged == (kept,)
    assert kept.read_bytes() == content
    assert find_segments(folder) == {}


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_files_that_are_no_segments_are_passed_over(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("journal")
    (folder / "aa-000001.patches").write_bytes(content)
    (folder / "strange.patches").write_bytes(content)
    (folder / "notes.txt").write_bytes(content)
    assert find_segments(folder) == {}
    assert (folder / "aa-000001.patches").exists()


def test_patches_of_a_mask_of_another_size_are_damage(tmp_path):
    mask = Mask.unlabelled(500, 500)
    patch = draw(mask, 450, 450)
    assert patch is not None
    Journal(tmp_path, "a", (500, 500), []).append(patch)
    journal = left_in(tmp_path)
    assert journal.read() == []
    assert len(journal.damaged) == 1


def test_what_could_not_be_written_is_written_before_what_follows(tmp_path):
    made = patches(3)
    folder = tmp_path / "journal"
    journal = left_in(folder)
    journal.append(made[0])
    folder.rename(tmp_path / "away")
    (tmp_path / "journal").write_text("in the way")
    with pytest.raises(UserError) as error:
        journal.append(made[1])
    assert error.value.code == "write_failed"
    (tmp_path / "journal").unlink()
    (tmp_path / "away").rename(folder)
    journal.append(made[2])
    assert left_in(folder).read() == made


def test_journals_of_many_images_share_a_folder(tmp_path):
    made = patches(3)
    for number, patch in enumerate(made):
        Journal(tmp_path, f"image {number}", SIZE, []).append(patch)
    for number, patch in enumerate(made):
        assert left_in(tmp_path, f"image {number}").read() == [patch]


def test_replaying_on_a_mask_that_holds_some_of_it_ends_at_the_same(tmp_path):
    mask = Mask.unlabelled(*SIZE)
    states, made = [mask.settled()], []
    rng = np.random.default_rng(0)
    for _ in range(12):
        x, y = rng.uniform(0, 80), rng.uniform(0, 50)
        patch = draw(mask, x, y, int(rng.integers(4)), int(rng.integers(1, 40)))
        if patch is not None:
            made.append(patch)
            states.append(mask.settled())
    for labels, touched in states:
        restored = Mask(labels.copy(), touched.copy())
        for patch in made:
            restored.apply(patch)
        assert np.array_equal(restored.labels, mask.labels)
        assert np.array_equal(restored.touched, mask.touched)
