"""`segformer-gui robustness`: a report in the end, whatever happens on the way."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import realistic

from segformer_gui.core.annotation.region import Region
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.images import write_png
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.project.project import Project
from segformer_gui.core.robustness.benchmark import Benchmark, read_request

ROOT = Path(__file__).resolve().parents[2]
TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=11)
QUICK = ("--protocol", "custom", "--corruption", "fog", "--corruption", "shot_noise")
QUICK += ("--severity", "1", "--severity", "3", "--device", "cpu")


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """`tiny(name, seed, card)`: a small network as a folder."""

    def make(name: str = "tiny", seed: int = 0, front_matter: str = "") -> Path:
        torch.manual_seed(seed)
        network = realistic(SegFormer(TINY))
        folder = tmp_path / "models" / name
        card = f"---\n{front_matter}\n---\n# {name}\n"
        classes = known_class_set("camvid")
        options = {"card": card, "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
        export_hugging_face(network, classes, folder, **options)
        return folder

    return make


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three small images of a CamVid layout, of two sequences."""
    rng = np.random.default_rng(0)
    for name in ("S0_0", "S1_1", "S0_2"):
        image = rng.integers(0, 256, (5, 7, 3), np.uint8).repeat(12, 0).repeat(12, 1)
        labels = rng.integers(0, 11, (5, 7), np.uint8).repeat(12, 0).repeat(12, 1)
        write_png(tmp_path / "data" / "val" / f"{name}.png", image)
        write_png(tmp_path / "data" / "valannot" / f"{name}.png", labels)
    return tmp_path / "data"


def cells(out: Path) -> dict[tuple[object, ...], tuple[bytes, bytes]]:
    """Counts and calibration of every cell in a folder, by all that names it."""
    with sqlite3.connect(out / "cells.sqlite") as connection:
        rows = connection.execute(
            "SELECT settings, model, image, corruption, severity, seed, counts, calibration"
            " FROM cell"
        ).fetchall()
    connection.close()
    return {tuple(row[:6]): (row[6], row[7]) for row in rows}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "segformer_gui", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), *sys.path])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **more}


def test_a_grid_ends_in_a_report(run, tiny, data, tmp_path):
    models = ("--model", tiny("one"), "--model", tiny("two", 1))
    result = run("robustness", data, "--out", tmp_path / "out", *QUICK, *models, "--seeds", 2)

    assert result.code == 0
    assert f"The report is {tmp_path / 'out' / 'report.html'}" in result.out
    assert "mean (mPC)" in result.out
    assert "mCD against one" in result.out
    assert "in mPC" in result.out  # Better, or not distinguishable.
    assert "3 images are few" in result.err
    assert len(cells(tmp_path / "out")) == 2 * 3 * (1 + 2 * 2 * 2)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"segformer-gui robustness {data} --out" in page


def test_json_holds_the_scores_and_evaluate_agrees(run, tiny, data, tmp_path):
    model = tiny()
    result = run("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", model, "--json")
    document = json.loads(result.out)
    written = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    evaluated = json.loads(run("evaluate", data, "--model", model, "--device", "cpu", "--json").out)
    assert document == written
    (scores,) = document["models"]
    assert scores["clean"]["miou"] == evaluated["miou"]
    assert scores["clean"]["per_class"] == evaluated["per_class"]
    assert list(scores["corruptions"]) == ["fog", "shot_noise"]


def test_the_same_command_again_measures_nothing(run, tiny, data, tmp_path):
    arguments = ("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", tiny())
    first, second = run(*arguments), run(*arguments)
    assert "0 of 15 cells were measured before" in first.err
    assert "15 of 15 cells were measured before" in second.err
    assert first.out == second.out


def test_a_log_tells_how_far_it_is(run, tiny, data, tmp_path, monkeypatch):
    # The package has the verb under the module's name.
    monkeypatch.setattr(sys.modules["segformer_gui.cli.robustness"], "_TELL_S", 0)
    result = run("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", tiny())
    told = re.findall(r"(\d+) of 15 cells, \d+ s left: (\w+, \w+)", result.err)
    assert told[0] == ("1", "S0_0, clean")
    assert [int(done) for done, _ in told] == list(range(1, 16))


def test_a_folder_goes_on_from_any_other(run, tiny, data, tmp_path, monkeypatch):
    model = tiny().relative_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    first = run("robustness", data.relative_to(tmp_path), "--out", "out", *QUICK, "--model", model)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    # As the window does it, which reads what was asked for.
    again = Benchmark(read_request(tmp_path / "out"), tmp_path / "out")
    assert again.missing() == []
    # And by the command that the report ends with.
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    _, *arguments = shlex.split(unescape(page.split("<pre>")[1].split("</pre>")[0]))
    second = run(*arguments)
    assert "15 of 15 cells were measured before" in second.err
    assert first.out == second.out


def test_a_changed_model_is_not_mixed_with_its_old_cells(run, tiny, data, tmp_path):
    arguments = ("robustness", data, "--out", tmp_path / "out", *QUICK, "--json", "--model")
    first = json.loads(run(*arguments, tiny()).out)
    changed = run(*arguments, tiny(seed=5))
    assert "0 of 15 cells were measured before" in changed.err
    assert json.loads(changed.out)["models"][0]["mpc"] != first["models"][0]["mpc"]
    again = run(*arguments, tiny())
    assert "15 of 15 cells were measured before" in again.err
    assert json.loads(again.out)["models"] == [
        {**first["models"][0], "ms": json.loads(again.out)["models"][0]["ms"]}
    ]


@pytest.mark.skipif(not hasattr(os, "kill"), reason="no signals")
def test_a_run_that_is_killed_again_and_again_ends_like_one_that_is_not(tiny, data, tmp_path):
    protocol = ("--protocol", "common15", "--device", "cpu", "--model", tiny())
    arguments = ("robustness", data, *protocol)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    counts = []
    for wanted in (20, 90):
        process = subprocess.Popen(
            command(*arguments, "--out", killed), env=environment(), stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 120
        while _count(killed) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        counts.append(_count(killed))
        assert wanted <= counts[-1] < 228
        assert not (killed / "report.html").exists()

    # Processes, too: cells are equal bit for bit at the same number of threads only.
    last, once = (
        subprocess.run(
            command(*arguments, "--out", out, "--json"),
            env=environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        for out in (killed, whole)
    )

    assert f"{counts[-1]} of 228 cells were measured before" in last.stderr
    assert cells(killed) == cells(whole)
    scores = [json.loads(done.stdout)["models"][0] for done in (last, once)]
    assert scores[0] | {"ms": 0} == scores[1] | {"ms": 0}


def _count(out: Path) -> int:
    """Cells that are there, seen from another process than the writer's."""
    if not (out / "cells.sqlite").exists():
        return 0
    try:
        with sqlite3.connect(f"file:{out / 'cells.sqlite'}?mode=ro", uri=True) as connection:
            (count,) = connection.execute("SELECT count(*) FROM cell").fetchone()
        connection.close()
    except sqlite3.OperationalError:  # The table is not there yet.
        return 0
    return count


@pytest.mark.skipif(not hasattr(os, "kill"), reason="no signals")
def test_ctrl_c_stops_after_a_cell_and_says_how_to_go_on(tiny, data, tmp_path):
    arguments = ("robustness", data, "--protocol", "all19", "--device", "cpu", "--model", tiny())
    process = subprocess.Popen(
        command(*arguments, "--out", tmp_path / "out"),
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    while _count(tmp_path / "out") < 5 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert "cells to go. The same command again goes on." in " ".join(told.split())
    assert "Traceback" not in told
    assert not (tmp_path / "out" / "report.html").exists()


def test_two_processes_measure_what_one_does_bit_for_bit(tiny, data, tmp_path):
    model = tiny()
    arguments = (*QUICK, "--corruption", "frost", "--seeds", "2", "--model", model, "--json")
    alone = subprocess.run(
        command("robustness", data, "--out", tmp_path / "alone", *arguments),
        env=environment(),
        check=True,
        capture_output=True,
    )
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    together = subprocess.run(
        [
            *(*launcher, "--nproc-per-node", "2", "-m", "segformer_gui"),
            *map(str, ("robustness", data, "--out", tmp_path / "together", *arguments)),
        ],
        env=environment(),
        check=False,
        capture_output=True,
    )
    assert together.returncode == 0, together.stderr.decode()
    assert cells(tmp_path / "together") == cells(tmp_path / "alone")
    assert not list((tmp_path / "together").glob("cells.part*"))
    scores = [json.loads(done.stdout)["models"][0] for done in (alone, together)]
    assert scores[0] | {"ms": 0} == scores[1] | {"ms": 0}


def test_parts_that_killed_processes_have_left_are_taken_in(run, tiny, data, tmp_path):
    arguments = ("robustness", data, *QUICK, "--model", tiny(), "--out")
    run(*arguments, tmp_path / "other")
    (tmp_path / "out").mkdir()
    (tmp_path / "other" / "cells.sqlite").rename(tmp_path / "out" / "cells.part-1.sqlite")
    result = run(*arguments, tmp_path / "out")
    assert "15 of 15 cells were measured before" in result.err
    assert not list((tmp_path / "out").glob("cells.part*"))


def test_images_without_ground_truth_have_consistency(run, tiny, data, tmp_path):
    images, out = data / "val", tmp_path / "out"
    refused = run("robustness", images, "--out", out, *QUICK, "--model", tiny())
    assert refused.code == 2
    assert "--consistency" in refused.err
    result = run("robustness", images, "--out", out, *QUICK, "--model", tiny(), "--consistency")
    assert result.code == 0
    assert "consistency, %" in result.out
    assert "mIoU" not in result.out
    assert "It is not accuracy" in " ".join(result.err.split())


def test_a_sequence_seen_in_training_is_labelled(run, tiny, data, tmp_path):
    model = tiny(front_matter="training_sequences: [S1]")
    result = run("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", model)
    assert "Sequence seen in training: tiny was trained on S1" in result.err
    other = run(
        *("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", model),
        *("--sequence", "S0"),
    )
    assert "seen in training" not in other.err


def test_index_masks_and_every_nth_image(run, tiny, data, tmp_path):
    index = tmp_path / "index"
    (data / "val").rename(tmp_path / "images")
    (data / "valannot").rename(tmp_path / "labels")
    index.mkdir()
    (tmp_path / "images").rename(index / "images")
    (tmp_path / "labels").rename(index / "labels")
    result = run(
        *("robustness", index, "--out", tmp_path / "out", *QUICK, "--model", tiny()),
        *("--every", 2, "--json"),
    )
    document = json.loads(result.out)
    assert list(document["data"]["images"]) == ["S0_0", "S1_1"]
    assert document["data"]["layout"] == "index"


def test_a_project_is_measured_on_its_corrected_masks(run, tiny, data, tmp_path):
    folder = tmp_path / "project"
    run("project", "create", folder, data / "val")
    arguments = ("robustness", folder, "--out", tmp_path / "out", *QUICK, "--model", tiny())
    none = run(*arguments)
    assert (none.code, "is corrected and saved yet" in none.err) == (2, True)
    with Project(folder) as project:
        for image in ("S0_0", "S1_1"):
            document = project.document(image)
            change = Region.of(np.ones((40, 40), np.bool_)).filled(3)
            document.commit(document.mask.edit(change), "fill")
            project.save(image)
    result = run(*arguments, "--json")
    assert list(json.loads(result.out)["data"]["images"]) == ["S0_0", "S1_1"]
    told = " ".join(run(*arguments).err.split())
    assert "2 of 2 masks were corrected but not checked" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--protocol", "kr16", "--severity", "2"), "--protocol custom"),
        (("--protocol", "custom", "--corruption", "fgo"), "no corruption called fgo"),
        (("--protocol", "custom", "--severity", "9"), "no severity 9"),
        ((*QUICK, "--model", "nothing"), "nothing"),
        ((*QUICK, "--seeds", "0"), "--seeds"),
        ((*QUICK, "--split", "test"), "test"),
    ],
)
def test_what_cannot_be_is_one_sentence(run, data, tmp_path, arguments, told):
    result = run("robustness", data, "--out", tmp_path / "out", *arguments)
    assert result.code == 2
    assert told in " ".join(result.err.replace("│", " ").split())
    assert "Traceback" not in result.err


def test_a_reference_that_is_not_compared_and_a_model_named_twice_are_refused(
    run, tiny, data, tmp_path
):
    arguments = ("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", tiny())
    twice = run(*arguments, "--model", tiny())
    assert (twice.code, "are the same model" in twice.err) == (2, True)
    other = run(*arguments, "--reference", "other")
    assert (other.code, "The reference can be: tiny" in other.err) == (2, True)


def test_a_damaged_image_is_named(run, tiny, data, tmp_path):
    image = next((data / "val").iterdir())
    image.write_bytes(image.read_bytes()[:200])
    result = run("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", tiny())
    assert (result.code, str(image) in result.err) == (2, True)
    assert result.err.count("Error:") == 1


def test_a_damaged_file_of_cells_is_named(run, tiny, data, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cells.sqlite").write_bytes(b"not cells at all " * 100)
    result = run("robustness", data, "--out", tmp_path / "out", *QUICK, "--model", tiny())
    assert (result.code, "is damaged" in result.err) == (2, True)


@pytest.mark.shared_data
def test_the_embedded_model_on_cityscapes_and_camvid(run, shared_data, tmp_path):
    quick = ("--protocol", "custom", "--corruption", "fog", "--severity", 3, "--size", 96)
    for folder, split, seen in (("cityscapes", "val", False), ("camvid", "val", True)):
        result = run(
            *("robustness", shared_data / folder, "--split", split, "--every", 60, *quick),
            *("--out", tmp_path / folder, "--device", "cpu", "--json"),
        )
        assert result.code == 0
        (scores,) = json.loads(result.out)["models"]
        assert 0 < scores["mpc"]["value"] < 1
        page = (tmp_path / folder / "report.html").read_text("utf-8")
        assert ("sequence seen in training" in page) == seen
        assert np.isfinite(scores["ece"])
