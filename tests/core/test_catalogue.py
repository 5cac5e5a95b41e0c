"""Which models are listed, how they are named, and what importing and removing one does."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segformer_gui.core.catalogue import (
    ModelEntry,
    find_model,
    hub_folder,
    import_model,
    installed_path,
    list_models,
    remove_model,
    training_sequences,
)
from segformer_gui.core.classes import KNOWN_CLASS_SETS
from segformer_gui.core.errors import UserError
from segformer_gui.core.paths import user_models_dir
from segformer_gui.messages import explain

HUB_ID = "nvidia/segformer-b2-finetuned-cityscapes-1024-1024"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint file; nothing in the catalogue looks into it."""
    path = tmp_path / "segformer.b1.city.pth"
    path.write_bytes(bytes(range(256)) * 8000)
    return path


@pytest.fixture
def hf_folder(tmp_path: Path) -> Path:
    """A Hugging Face folder among other things that lie there."""
    folder = tmp_path / "my run"
    folder.mkdir()
    for name in ("config.json", "README.md", "model.safetensors", "optimizer.pt", "notes.txt"):
        (folder / name).write_text(name)
    (folder / "checkpoint-100").mkdir()
    return folder


def fails_with(code: str, *call: object) -> UserError:
    """Run the call; it has to raise `code`, for which there are words."""
    function, *arguments = call
    with pytest.raises(UserError) as caught:
        function(*arguments)  # pyright: ignore
    assert caught.value.code == code
    assert all(explain(caught.value))
    return caught.value


def imported() -> set[str]:
    """What lies in the user's models folder, hidden or not."""
    folder = user_models_dir()
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_card_tells_which_sequences_a_model_has_seen(hf_folder, checkpoint):
    assert training_sequences(find_model("b0-camvid")) == {"0006R0", "0016E5"}
    assert training_sequences(find_model("b5-cityscapes")) == set()
    assert training_sequences(find_model(str(checkpoint))) == set()
    card = hf_folder / "README.md"
    for text, expected in (
        ("---\ntraining_sequences: [7, a]\n---\n# Card\n", {"7", "a"}),
        ("---\nlicense: mit\n---\n", set()),
        ("---\ntraining_sequences: [1, {\n---\n", set()),
        ("---\ntraining_sequences: 3\n---\n", set()),
        ("# No front matter\n", set()),
    ):
        card.write_text(text, "utf-8")
        assert training_sequences(find_model(str(hf_folder))) == expected, text


def test_catalogue_knows_the_published_models():
    entries = {entry.id: entry for entry in list_models() if entry.origin == "hub"}
    assert len(entries) == 12
    # The paper's tables, as (Cityscapes, ADE20K).
    paper = [(76.2, 37.4), (78.5, 42.2), (81.0, 46.5), (81.7, 49.4), (82.3, 50.3), (82.4, 51.0)]
    for b, (cityscapes, ade20k) in enumerate(paper):
        city = entries[f"nvidia/segformer-b{b}-finetuned-cityscapes-1024-1024"]
        side = 640 if b == 5 else 512
        ade = entries[f"nvidia/segformer-b{b}-finetuned-ade-{side}-{side}"]
        assert (city.score, ade.score) == (cityscapes, ade20k)
        assert (city.short_side, ade.short_side) == (1024, side)
        assert {city.preset, ade.preset} == {f"b{b}"}
    for entry in entries.values():
        assert entry.score_source == "published"
        assert "non-commercial" in (entry.licence or "")
        assert entry.path is None


def test_every_catalogue_entry_is_whole_and_named_once():
    entries = list_models()
    names = [name for entry in entries for name in (entry.id, entry.alias)]
    assert len(set(names)) == len(names)
    for entry in entries:
        assert entry.classes in KNOWN_CLASS_SETS
        assert entry.size_mb
        assert entry.title
        assert entry.licence


def test_embedded_model_comes_first_with_its_measured_score():
    entry = list_models()[0]
    assert (entry.id, entry.origin) == ("segformer-b0-camvid", "embedded")
    assert (entry.score, entry.score_source, entry.short_side) == (62.0, "measured", 480)
    assert installed_path(entry).parts[-2:] == ("models", "segformer-b0-camvid")


def test_models_are_found_by_id_and_by_alias():
    assert find_model(HUB_ID).id == HUB_ID
    assert find_model("b2-cityscapes").id == HUB_ID
    assert find_model("b5-ade20k").id == "nvidia/segformer-b5-finetuned-ade-640-640"
    assert find_model("b0-camvid").id == "segformer-b0-camvid"
    assert find_model("b0-scenes").id == "segformer-b0-scenes"


def test_the_weights_that_saw_no_photograph_are_as_free_as_the_code():
    entry = find_model("segformer-b0-scenes")
    assert entry.origin == "embedded"
    assert "Apache-2.0" in (entry.licence or "")
    assert not training_sequences(entry)


def test_paths_are_models_too(checkpoint: Path, hf_folder: Path):
    assert find_model(str(checkpoint)) == ModelEntry(
        id=str(checkpoint), title="segformer.b1.city.pth", origin="local", path=checkpoint
    )
    assert find_model(str(hf_folder)).path == hf_folder


def test_unknown_model_comes_with_close_names():
    error = fails_with("model_unknown", find_model, "b2-citiscapes")
    assert str(error.parameters["close"]).startswith("b2-cityscapes, ")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=st.text(min_size=1) | st.text(alphabet="x/\0~.", min_size=300))
def test_any_text_is_found_or_refused_in_words(spec: str):
    try:
        outcome = find_model(spec).origin
    except UserError as error:
        outcome = error.code
    assert outcome in ("local", "model_unknown")


def test_downloaded_model_carries_its_path():
    assert fails_with("model_not_downloaded", installed_path, find_model(HUB_ID))
    hub_folder(HUB_ID).mkdir(parents=True)
    entry = find_model(HUB_ID)
    assert entry.origin == "hub"
    assert installed_path(entry) == user_models_dir() / HUB_ID.replace("/", "--")
    assert [e.id for e in list_models()].count(HUB_ID) == 1
    assert not [e for e in list_models() if e.origin == "user"]


def test_imported_file_is_a_model_of_the_user(checkpoint: Path):
    entry = import_model(checkpoint, "Düsseldorf 2", short_side=512)
    assert entry == find_model("Düsseldorf 2")
    assert (entry.origin, entry.title, entry.short_side) == ("user", "Düsseldorf 2", 512)
    assert entry.size_mb == 2
    copy = installed_path(entry)
    assert copy.read_bytes() == checkpoint.read_bytes()
    assert {path.name for path in copy.parent.iterdir()} == {checkpoint.name, "model.toml"}
    facts = tomllib.loads((copy.parent / "model.toml").read_text("utf-8"))
    assert facts["source"] == checkpoint.name
    models = list_models()
    assert [model.origin for model in models[:4]] == ["embedded", "embedded", "user", "hub"]
    assert models[2] == entry


def test_imported_folder_leaves_what_is_no_model_behind(hf_folder: Path):
    entry = import_model(hf_folder, "run")
    folder = installed_path(entry)
    expected = {"config.json", "README.md", "model.safetensors", "model.toml"}
    assert folder == user_models_dir() / "run"
    assert {path.name for path in folder.iterdir()} == expected
    assert entry.short_side is None


def test_links_are_imported_as_files(hf_folder: Path, tmp_path: Path):
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).symlink_to(hf_folder / name)
    folder = installed_path(import_model(snapshot, "cached"))
    shutil.rmtree(hf_folder)
    assert (folder / "model.safetensors").read_text() == "model.safetensors"


def test_bin_weights_are_imported_where_there_are_no_others(hf_folder: Path):
    (hf_folder / "model.safetensors").rename(hf_folder / "pytorch_model.bin")
    assert (installed_path(import_model(hf_folder, "old")) / "pytorch_model.bin").is_file()


@pytest.mark.parametrize("needed", ["config.json", "model.safetensors"])
def test_folder_that_lacks_a_part_is_refused(hf_folder: Path, needed: str):
    (hf_folder / needed).unlink()
    error = fails_with("model_folder_incomplete", import_model, hf_folder, "run")
    assert error.parameters["missing"] == needed
    assert imported() == set()


def test_what_is_no_checkpoint_is_refused(hf_folder: Path, tmp_path: Path):
    fails_with("checkpoint_suffix_unknown", import_model, hf_folder / "notes.txt", "x")
    fails_with("file_missing", import_model, tmp_path / "absent.pth", "x")
    assert imported() == set()


@pytest.mark.parametrize(
    "name", ["", ".hidden", "a/b", "a\\b", "..", "x" * 65, "dot.", "two\nlines"]
)
def test_names_that_are_no_folder_names_are_refused(checkpoint: Path, name: str):
    fails_with("model_name_invalid", import_model, checkpoint, name)
    assert imported() == set()


def test_names_that_are_taken_are_refused(checkpoint: Path):
    import_model(checkpoint, "mine")
    for name in ("mine", "segformer-b0-camvid", "b2-cityscapes", hub_folder(HUB_ID).name):
        fails_with("model_exists", import_model, checkpoint, name)
    assert imported() == {"mine"}


def test_import_that_fails_halfway_leaves_nothing(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    fails_with("disk_full", import_model, checkpoint, "mine")
    assert imported() == set()


def test_removed_model_is_gone(checkpoint: Path):
    import_model(checkpoint, "mine")
    remove_model("mine")
    assert imported() == set()
    fails_with("model_unknown", find_model, "mine")
    assert checkpoint.is_file()


def test_removed_download_can_be_downloaded_again(checkpoint: Path):
    folder = hub_folder(HUB_ID)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert find_model(HUB_ID).path == folder

    remove_model(HUB_ID)

    assert not folder.exists()
    assert find_model(HUB_ID).path is None


def test_only_imported_and_downloaded_models_can_be_removed(checkpoint: Path):
    for name in ("segformer-b0-camvid", HUB_ID, str(checkpoint)):
        fails_with("model_not_removable", remove_model, name)
    assert checkpoint.is_file()


def test_folders_that_hold_no_model_are_not_listed(checkpoint: Path):
    entry = import_model(checkpoint, "mine")
    for name in (".import-abc", "empty"):
        (user_models_dir() / name).mkdir()
    (user_models_dir() / "stray.txt").touch()
    assert [e for e in list_models() if e.origin == "user"] == [entry]


def test_broken_facts_do_not_hide_a_model(checkpoint: Path):
    entry = import_model(checkpoint, "mine", short_side=512)
    (installed_path(entry).parent / "model.toml").write_bytes(b"title = \xff")
    found = find_model("mine")
    assert (found.path, found.short_side) == (entry.path, None)


def test_listing_loads_neither_torch_nor_qt_nor_the_hub_library():
    script = (
        "import sys; from segformer_gui.core import catalogue, download\n"
        "assert catalogue.list_models()\n"
        "slow = {'torch', 'transformers', 'PySide6', 'huggingface_hub', 'numpy'}\n"
        "heavy = slow & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
