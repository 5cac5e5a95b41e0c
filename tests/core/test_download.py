"""Downloads from a hub on the loopback; each in a process, for the hub library's environment."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub_server import REPO, Hub, git_blob_id, serve

from segformer_gui.core.catalogue import find_model
from segformer_gui.core.download import download_model
from segformer_gui.core.errors import UserError
from segformer_gui.messages import explain

WEIGHTS = random.Random(7).randbytes(3_000_000)
SMALL = {"config.json": b'{"model_type": "segformer"}', "README.md": b"hello world\n"}

# Downloads REPO, and tells as JSON what came of it. Arguments: bytes after which to cancel (or 0),
# and a statement to run first.
CLIENT = """
import json, os, sys
from segformer_gui.core.catalogue import find_model
from segformer_gui.core.download import download_model
from segformer_gui.core.errors import UserError

repo, cancel_at, preparation = sys.argv[1], int(sys.argv[2]), sys.argv[3]
exec(preparation)
seen = []
result = {"progress": seen}
try:
    folder = download_model(
        find_model(repo),
        lambda progress: seen.append((progress.done_bytes, progress.total_bytes)),
        lambda: bool(cancel_at and seen and seen[-1][0] >= cancel_at),
    )
    result["folder"] = str(folder)
except UserError as error:
    result["error"] = error.code
    result["parameters"] = error.parameters
result["modules"] = [name for name in ("torch", "transformers", "PySide6") if name in sys.modules]
print(json.dumps(result))
"""


@dataclass
class Outcome:
    """What the client process reports."""

    progress: list[tuple[int, int]]
    modules: list[str]
    folder: str | None = None
    error: str | None = None
    parameters: dict[str, object] | None = None


def download(
    home: Path, endpoint: str, cancel_at: int = 0, preparation: str = "", **environment: str
) -> Outcome:
    """Run the client; a deadlock would end in a time-out."""
    overrides = {"HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0", "HF_HOME": str(home / "hf")}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", CLIENT, REPO, str(cancel_at), preparation],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | overrides | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return Outcome(**json.loads(ran.stdout))


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with one good model."""
    with serve(Hub(small=dict(SMALL), large={"model.safetensors": WEIGHTS})) as running:
        yield running


def assert_installed(folder: str | None, content: dict[str, bytes]) -> None:
    """The folder holds exactly `content`, as plain files, and nothing else was left behind."""
    assert folder is not None
    files = {path.name: path for path in Path(folder).iterdir()}
    assert {name: path.read_bytes() for name, path in files.items()} == content
    assert not any(path.is_symlink() for path in files.values())
    assert [path.name for path in Path(folder).parent.iterdir()] == [Path(folder).name]
    assert find_model(REPO).path == Path(folder)


def assert_refused(outcome: Outcome, code: str) -> None:
    """The error has this code and a sentence, and no model was installed."""
    assert (outcome.error, outcome.folder) == (code, None)
    sentence, hint = explain(UserError(code, **(outcome.parameters or {})))
    assert sentence
    assert hint
    assert find_model(REPO).path is None


def test_download_gives_the_hubs_bytes_and_counts_them(hub: Hub, user_home: Path):
    hub.large["tf_model.h5"] = b"not wanted"
    hub.large["pytorch_model.bin"] = b"not wanted beside safetensors"
    outcome = download(user_home, hub.endpoint, HF_TOKEN="hf_secret")
    assert_installed(outcome.folder, SMALL | {"model.safetensors": WEIGHTS})
    total = sum(map(len, SMALL.values())) + len(WEIGHTS)
    done = [at for at, _ in outcome.progress]
    assert done == sorted(done)
    assert done[-1] == total
    assert {whole for _, whole in outcome.progress} == {total}
    assert len(done) > 10
    assert outcome.modules == []
    # The user's token goes to the hub and to no one else, and nothing goes over Xet.
    assert {r.authorized for r in hub.requests if "/resolve/" in r.path} == {True}
    assert {r.authorized for r in hub.downloads("model.safetensors")} == {False}
    assert not [r.path for r in hub.requests if "xet" in r.path]


def test_an_installed_model_is_not_fetched_again(hub: Hub, user_home: Path):
    first = download(user_home, hub.endpoint)
    asked = len(hub.requests)
    assert download(user_home, hub.endpoint).folder == first.folder
    assert len(hub.requests) == asked


def test_bin_weights_are_taken_where_there_are_no_others(hub: Hub, user_home: Path):
    hub.large = {"pytorch_model.bin": WEIGHTS}
    hub.small = {"config.json": SMALL["config.json"], "preprocessor_config.json": b""}
    outcome = download(user_home, hub.endpoint)
    assert_installed(outcome.folder, hub.small | {"pytorch_model.bin": WEIGHTS})


def test_cancelled_download_stops_early_and_resumes(hub: Hub, user_home: Path):
    outcome = download(user_home, hub.endpoint, cancel_at=1_000_000)
    assert_refused(outcome, "download_cancelled")
    stopped_at = outcome.progress[-1][0]
    assert stopped_at < 1_600_000
    second = download(user_home, hub.endpoint)
    assert_installed(second.folder, SMALL | {"model.safetensors": WEIGHTS})
    assert second.progress[0][0] > 0
    present = stopped_at - sum(map(len, SMALL.values()))
    assert [r.range for r in hub.downloads("model.safetensors")] == [None, f"bytes={present}-"]
    assert hub.downloads("model.safetensors")[1].sent == len(WEIGHTS) - present


def test_cut_connection_is_named_and_resumes(hub: Hub, user_home: Path):
    hub.cut_after = 1_200_000
    assert_refused(download(user_home, hub.endpoint), "download_interrupted")
    assert_refused(download(user_home, hub.endpoint), "download_interrupted")
    hub.cut_after = None
    outcome = download(user_home, hub.endpoint)
    assert_installed(outcome.folder, SMALL | {"model.safetensors": WEIGHTS})
    assert sum(r.sent for r in hub.downloads("model.safetensors")) < 1.3 * len(WEIGHTS)


def test_server_without_ranges_sends_all_again(hub: Hub, user_home: Path):
    hub.cut_after, hub.knows_ranges = 1_200_000, False
    assert_refused(download(user_home, hub.endpoint), "download_interrupted")
    hub.cut_after = None
    outcome = download(user_home, hub.endpoint)
    assert_installed(outcome.folder, SMALL | {"model.safetensors": WEIGHTS})


@pytest.mark.parametrize("name", ["model.safetensors", "README.md"])
def test_damaged_file_is_thrown_away(hub: Hub, user_home: Path, name: str):
    hub.damaged = name
    outcome = download(user_home, hub.endpoint)
    assert_refused(outcome, "download_corrupt")
    assert outcome.parameters == {"model": REPO, "file": name}
    hub.damaged = ""
    outcome = download(user_home, hub.endpoint)
    assert_installed(outcome.folder, SMALL | {"model.safetensors": WEIGHTS})


def test_part_of_another_version_is_not_continued(hub: Hub, user_home: Path):
    hub.cut_after = 1_200_000
    assert_refused(download(user_home, hub.endpoint), "download_interrupted")
    hub.cut_after, hub.large = None, {"model.safetensors": WEIGHTS[::-1]}
    outcome = download(user_home, hub.endpoint)
    assert_installed(outcome.folder, SMALL | {"model.safetensors": WEIGHTS[::-1]})


def test_small_files_are_checked_by_gits_own_checksum():
    # What `printf 'hello world\n' | git hash-object --stdin` prints: the server's ETags are real.
    assert git_blob_id(SMALL["README.md"]) == "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"


def test_offline_mode_is_named(user_home: Path):
    outcome = download(user_home, "http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert_refused(outcome, "offline_mode")


def test_unreachable_hub_is_named(user_home: Path):
    with serve(Hub({}, {})) as closed:
        pass
    outcome = download(user_home, closed.endpoint)
    assert_refused(outcome, "hub_unreachable")
    assert outcome.parameters is not None
    assert outcome.parameters["hub"] == closed.endpoint


def test_page_in_the_hubs_place_is_named(hub: Hub, user_home: Path):
    hub.silent_proxy = True
    assert_refused(download(user_home, hub.endpoint), "hub_unreachable")


def test_gated_and_empty_models_are_named(hub: Hub, user_home: Path):
    hub.gated = True
    assert_refused(download(user_home, hub.endpoint), "hub_model_missing")
    hub.gated, hub.large = False, {"tf_model.h5": WEIGHTS}
    assert_refused(download(user_home, hub.endpoint), "hub_model_missing")


def test_full_disk_is_named(hub: Hub, user_home: Path):
    full = "def full(_): raise OSError(28, 'No space left on device')\nos.fsync = full"
    assert_refused(download(user_home, hub.endpoint, preparation=full), "disk_full")


def test_second_download_of_the_same_model_is_refused(hub: Hub, user_home: Path):
    lock = (
        "from huggingface_hub.utils import WeakFileLock\n"
        "from segformer_gui.core.catalogue import hub_folder\n"
        "staging = hub_folder(repo).parent / f'.download-{hub_folder(repo).name}'\n"
        "staging.mkdir(parents=True)\n"
        "held = WeakFileLock(staging / 'lock')\n"
        "held.__enter__()"
    )
    assert_refused(download(user_home, hub.endpoint, preparation=lock), "download_running")


def test_model_that_ships_with_the_application_needs_no_download():
    entry = find_model("segformer-b0-camvid")
    assert download_model(entry, lambda _: None, lambda: False) == entry.path
