"""Bad and odd input in one table: the core names it, and the command line and the window go on.

Each file goes through all three. What decoding gives is compared in `core/test_images.py`.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save_file

from segformer_gui.app import make_window
from segformer_gui.cli import predict as predict_verb
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import find_images, read_image, read_reduced, read_size
from segformer_gui.core.network.checkpoints import build, read_checkpoint
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings
from segformer_gui.messages import explain
from tests.cli.conftest import run  # noqa: F401
from tests.gui.conftest import delete, engine, settings, window  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
NOISE = np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)


def _encoded(file_format: str, image: Image.Image | None = None, **options) -> bytes:
    stream = io.BytesIO()
    (image or Image.fromarray(NOISE)).save(stream, file_format, **options)
    return stream.getvalue()


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _encoded("JPEG", exif=exif)


def _png_bomb() -> bytes:
    def chunk(kind: bytes, content: bytes = b"") -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT") + chunk(b"IEND")


def _bmp_bomb() -> bytes:
    data = bytearray(_encoded("BMP"))
    struct.pack_into("<ii", data, 18, 100_000, 100_000)
    return bytes(data)


def _tiff_bomb() -> bytes:
    data = bytearray(_encoded("TIFF"))
    (directory,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, directory)
    for place in range(directory + 2, directory + 2 + 12 * entries, 12):
        (tag,) = struct.unpack_from("<H", data, place)
        if tag in (256, 257, 278):  # Width, height, rows in a strip.
            struct.pack_into("<HHII", data, place, tag, 4, 1, 100_000)
    return bytes(data)


def _jpeg_bomb() -> bytes:
    data = bytearray(_encoded("JPEG"))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, 65_500, 65_500)
    return bytes(data)


BOMBS = {
    "bomb.png": _png_bomb(),
    "bomb.bmp": _bmp_bomb(),
    "bomb.tif": _tiff_bomb(),
    "bomb.jpg": _jpeg_bomb(),
}
BAD_IMAGES = {
    "empty.png": (b"", "image_broken"),
    "text.png": (b"Dear diary,\n" * 50, "image_broken"),
    "cut.jpg": (_encoded("JPEG")[:-200], "image_broken"),
    "cut.png": (_encoded("PNG")[:-200], "image_broken"),
    **{name: (data, "image_too_large") for name, data in BOMBS.items()},
}
ODD_IMAGES = {
    "one.png": (_encoded("PNG", Image.new("RGB", (1, 1))), (1, 1)),
    "deep.png": (_encoded("PNG", Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257)), (40, 64)),
    "palette.png": (_encoded("PNG", Image.fromarray(NOISE).quantize(16)), (40, 64)),
    "cmyk.jpg": (_encoded("JPEG", Image.fromarray(NOISE).convert("CMYK")), (40, 64)),
    **{f"exif{i}.jpg": (_turned(i), (40, 64) if i < 5 else (64, 40)) for i in range(1, 9)},
    "größe 写真 🚗 [x].png": (_encoded("PNG"), (40, 64)),
    "x" * 240 + ".png": (_encoded("PNG"), (40, 64)),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All of the table's images."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, (data, _) in (BAD_IMAGES | ODD_IMAGES).items():
        (folder / name).write_bytes(data)
    return folder


def _refused(call: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as error:
        call()
    return error.value


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_bad_images_are_named_by_every_reader(folder, name):
    path, code = folder / name, BAD_IMAGES[name][1]
    for read in (read_image, lambda path: read_reduced(path, 128, 96)):
        error = _refused(lambda read=read: read(path))
        assert (error.code, error.parameters["path"]) == (code, str(path))
        assert all(explain(error))


@pytest.mark.parametrize("name", ODD_IMAGES, ids=lambda name: name[:20])
def test_odd_images_are_read_in_their_shape(folder, name):
    shape = ODD_IMAGES[name][1]
    assert read_image(folder / name).shape == (*shape, 3)
    assert read_reduced(folder / name, 128, 96).shape == (*shape, 3)
    assert read_size(folder / name) == shape


def test_the_command_line_names_each_bad_image_and_segments_the_others(run, folder, tmp_path):  # noqa: F811
    result = run("predict", folder, "--out", tmp_path / "out", "--device", "cpu")
    assert result.code == 2
    assert "Traceback" not in result.err
    assert result.err.count("Error:") == len(BAD_IMAGES)
    for name, (_, code) in BAD_IMAGES.items():
        assert result.err.count(str(folder / name)) == 1
        hint = "Scale it down" if code == "image_too_large" else "It may be damaged"
        assert hint in result.err.split(str(folder / name))[1]
    written = {path.stem for path in (tmp_path / "out").iterdir()}
    assert written == {Path(name).stem for name in ODD_IMAGES}


def test_the_window_lists_each_bad_image_once_and_segments_the_others(window, folder):  # noqa: F811
    session = window.session
    session.images.open([folder])
    window.actions_by_id["segment_all"].trigger()
    assert session.segmentation.count() == len(ODD_IMAGES)
    lines = window.message_bar.details.toPlainText().splitlines()
    assert len(lines) == len(BAD_IMAGES)
    assert all(sum(name in line for line in lines) == 1 for name in BAD_IMAGES)
    for name in BAD_IMAGES | ODD_IMAGES:
        session.images.select(folder / name)
        assert (folder / name in session.images.errors) == (name in BAD_IMAGES)
        assert (session.images.picture is None) == (name in BAD_IMAGES)


def test_paths_that_are_too_long_are_one_sentence_everywhere(run, window, tmp_path):  # noqa: F811
    for path in (tmp_path / ("x" * 300 + ".png"), Path("/", "folder/" * 900)):
        assert _refused(lambda path=path: find_images([path])).code == "file_unreadable"
        assert _refused(lambda path=path: read_checkpoint(path)).code == "file_unreadable"
        window.session.images.open([path])
        assert "cannot be read" in window.message_bar.sentence.text()
        result = run("predict", path, "--out", tmp_path / "out")
        assert (result.code, "cannot be read" in result.err) == (2, True)


def test_a_name_too_long_for_its_overlay_does_not_stop_the_others(run, tmp_path):  # noqa: F811
    for name in ("a" * 250, "b"):
        Image.fromarray(NOISE).save(tmp_path / f"{name}.png")
    result = run("predict", tmp_path, "--out", tmp_path / "out", "--overlay", "--device", "cpu")
    assert (result.code, result.err.count("could not be written")) == (2, 1)
    assert (tmp_path / "out" / "b_overlay.png").exists()


def test_images_that_vanish_are_named_and_the_others_go_on(run, window, tmp_path, monkeypatch):  # noqa: F811
    paths = [tmp_path / f"{name}.png" for name in "abc"]

    def fill() -> None:
        for path in paths:
            Image.fromarray(NOISE).save(path)

    def found(places):
        images = find_images(places)
        paths[1].unlink()
        return images

    fill()
    window.session.images.open(paths)
    paths[1].unlink()
    window.actions_by_id["segment_all"].trigger()
    assert window.session.segmentation.count() == 2
    assert "b.png does not exist" in window.message_bar.details.toPlainText()
    assert _refused(lambda: read_image(paths[1])).code == "file_missing"
    fill()
    monkeypatch.setattr(sys.modules[predict_verb.__module__], "find_images", found)
    result = run("predict", *paths, "--out", tmp_path / "out", "--device", "cpu")
    assert (result.code, result.err.count("does not exist")) == (2, 1)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_large_header_takes_no_memory(tmp_path):
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from segformer_gui.core import errors, images\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "for path in sys.argv[1:]:\n"
        "    for read in (images.read_image, images.read_size, images.read_labels):\n"
        "        try: read(Path(path))\n"
        "        except errors.UserError: pass\n"
        "print(peak() - before)\n"
    )
    for name, data in BOMBS.items():
        (tmp_path / name).write_bytes(data)
    ended = _python(program, *(tmp_path / name for name in BOMBS))
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(ended.stdout) * unit < 100e6


def _python(program: str, *arguments: object, **environment: str):
    pytest.importorskip("resource")
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# What root may do regardless of permissions, and a disk that is full, need a process of their own.
_LIMITED = """
import os, resource, sys
from pathlib import Path
from contextlib import suppress
from segformer_gui.app import make_application, make_window
from segformer_gui.cli import main
from segformer_gui.core.settings import Settings
from tests.gui.conftest import FakeEngine
application = make_application()
window = make_window(Settings(), FakeEngine(), synchronous=True)
window.session.start()
surface, limit, out, *paths = sys.argv[1:]
options = ["--format", "color", "--device", "cpu"]
# A first run imports everything, while the interpreter's own folder may still be read.
sys.argv = ["segformer-gui", "predict", paths[-1], "--out", out + "_first", *options]
with suppress(SystemExit):
    main()
if limit == "disk":
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
if surface == "cli":
    sys.argv = ["segformer-gui", "predict", *paths, "--out", out, *options]
    main()
session = window.session
session.images.open([Path(path) for path in paths])
session.segment_every_image()
print(window.message_bar.details.toPlainText())
session.export.planned.connect(session.export.start)
session.export.prepare(list(map(Path, paths[-1:])), Path(out), ["color", "overlay"], 0.5)
print(window.message_bar.sentence.text(), window.message_bar.details.toPlainText())
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="no user that a test could turn into")
@pytest.mark.parametrize("surface", ["cli", "window"])
@pytest.mark.parametrize(("limit", "sentence"), [("disk", "There is no space")])
def test_an_export_that_cannot_be_written_is_one_sentence(surface, limit, sentence, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o555)
    Image.fromarray(NOISE).resize((640, 480)).save(tmp_path / "fine.png")
    ended = _limited(surface, limit, out, tmp_path / "fine.png")
    assert (ended.stdout + ended.stderr).count(sentence) == 1, ended
    assert "Traceback" not in (ended.stderr if surface == "cli" else ended.stdout)
    assert ended.returncode == (2 if surface == "cli" else 0)
    assert list(out.iterdir()) == []


def _limited(surface: str, limit: str, out: Path, *paths: Path):
    for parent in out.parents:
        if parent.stat().st_uid == os.getuid() and parent != Path(parent.anchor):
            parent.chmod(parent.stat().st_mode | 0o055)  # pytest keeps others out of its folders.
    return _python(_LIMITED, surface, limit, out, *paths, OMP_NUM_THREADS="1")


class _Hostile:
    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trap,)


EMBEDDED = shipped("models", "segformer-b0-camvid")


@pytest.fixture(scope="module")
def bad_checkpoints(tmp_path_factory) -> dict[Path, str]:
    """File -> code."""
    folder = tmp_path_factory.mktemp("checkpoints")
    whole = EMBEDDED / "model.safetensors"
    state = load_file(whole)
    hub = dict(state)
    cyclic: dict[str, object] = {}
    cyclic["state_dict"] = cyclic
    key = next(key for key in hub if key.endswith("layer_norm_1.weight"))
    saved: dict[str, tuple[object, str]] = {
        "hostile": ({"state_dict": hub, "trap": _Hostile(folder / "trap")}, "checkpoint_unsafe"),
        "shape": (hub | {key: torch.zeros(7)}, "checkpoint_shape"),
        "resnet": ({"layer1.0.conv1.weight": torch.zeros(64, 9)}, "checkpoint_not_segformer"),
        "cyclic": (cyclic, "checkpoint_not_segformer"),
        "numbers": ({1: torch.zeros(1)}, "checkpoint_broken"),
        "integers": (hub | {key: hub[key].int()}, "checkpoint_broken"),
        "claim": (hub | {key: torch.zeros(1).expand(10**12)}, "checkpoint_broken"),
        "sparse": (hub | {key: hub[key].to_sparse()}, "checkpoint_broken"),
        "many_blocks": (
            hub | {key.replace(".0.0.", ".0.99999999."): hub[key]}, "checkpoint_keys_missing"
        ),
    }  # fmt: skip
    files = {}
    for name, (content, code) in saved.items():
        torch.save(content, folder / f"{name}.pth")
        files[folder / f"{name}.pth"] = code
    data = whole.read_bytes()
    for name, content, code in (
        ("empty.pth", b"", "checkpoint_broken"),
        ("text.pth", b"Dear diary", "checkpoint_broken"),
        ("plain.pth", pickle.dumps(_Hostile(folder / "trap")), "checkpoint_broken"),
        ("empty.safetensors", b"", "checkpoint_broken"),
        ("cut.safetensors", data[: len(data) // 2], "checkpoint_broken"),
        ("header.safetensors", struct.pack("<Q", 1 << 60) + b"{}", "checkpoint_broken"),
    ):
        (folder / name).write_bytes(content)
        files[folder / name] = code
    return files


def test_bad_checkpoints_are_named_and_run_nothing(bad_checkpoints):
    for path, code in bad_checkpoints.items():
        error = _refused(lambda path=path: read_checkpoint(path))
        assert error.code == code, path
        assert not path.with_name("trap").exists()


def test_bad_checkpoints_are_one_sentence_on_the_command_line(run, bad_checkpoints, tmp_path):  # noqa: F811
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    for path, code in bad_checkpoints.items():
        result = run("predict", tmp_path / "a.png", "--model", path, "--out", tmp_path / "out")
        assert (result.code, result.err.count("Error:")) == (2, 1), code
        assert "Traceback" not in result.err
        assert not path.with_name("trap").exists()


def test_after_a_bad_checkpoint_the_window_keeps_its_model(qtbot, bad_checkpoints, tmp_path):
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    window = make_window(Settings(), synchronous=True)  # noqa: F811
    window.session.start()
    for path in bad_checkpoints:
        window.session.images.open([path])
        assert path.name in window.message_bar.sentence.text()
        assert window.message_bar.details.toPlainText() == ""
        assert window.session.models.ready.request.spec == "segformer-b0-camvid"
    assert not path.with_name("trap").exists()
    window.session.images.open([tmp_path / "a.png"])
    assert window.session.segmentation.result is not None
    delete(window)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("num_attention_heads", [0, 2, 5, 8]),
        ("num_attention_heads", [3, 2, 5, 8]),
        ("num_attention_heads", "many"),
        ("strides", [0, 2, 2, 2]),
        ("id2label", [1, 2]),
        ("hidden_sizes", None),
    ],
)
def test_a_configuration_of_nonsense_is_refused(tmp_path, field, value):
    config = json.loads((EMBEDDED / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {field: value}), "utf-8")
    (tmp_path / "model.safetensors").symlink_to(EMBEDDED / "model.safetensors")
    assert _refused(lambda: read_checkpoint(tmp_path)).code in (
        "checkpoint_config",
        "checkpoint_broken",
    )


_EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8
)


def _damaged(data: bytes, edits: list[tuple[float, int]], keep: float, within: int) -> bytes:
    """`data` with some of its first `within` bytes changed, and its end cut off."""
    damaged = bytearray(data)
    for place, value in edits:
        damaged[int(place * min(within, len(damaged)))] = value
    return bytes(damaged[: int(len(damaged) * keep)])


_KEEP = st.one_of(st.just(1.0), st.floats(0, 1))
_IMAGES = [data for data, _ in (BAD_IMAGES | ODD_IMAGES).values() if data]


@given(data=st.sampled_from(_IMAGES), edits=_EDITS, keep=_KEEP, head=st.booleans())
@bounds(deadline=5000, max_examples=200)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_mutated_images_are_read_or_refused(tmp_path_factory, data, edits, keep, head):
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(_damaged(data, edits, keep, 64 if head else len(data)))
    for read in (read_image, read_size, lambda path: read_reduced(path, 128, 96)):
        with suppress(UserError):
            read(path)


@pytest.fixture(scope="module")
def tiny_checkpoints(tmp_path_factory) -> list[tuple[str, bytes]]:
    """A small network as safetensors, as torch's archive, and as torch's pickle of old."""
    from oracles import transformers_model

    from segformer_gui.core.network.presets import SegFormerConfig

    tiny = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=5)
    folder = tmp_path_factory.mktemp("tiny")
    transformers_model(tiny).save_pretrained(folder)
    state = load_file(folder / "model.safetensors")
    save_file(state, folder / "new.safetensors")
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "old.pth", _use_new_zipfile_serialization=False)
    names = ("new.safetensors", "zip.pth", "old.pth")
    return [(name, (folder / name).read_bytes()) for name in names]


@given(which=st.integers(0, 2), edits=_EDITS, keep=_KEEP, head=st.booleans())
@bounds(deadline=5000, max_examples=150)
def test_mutated_checkpoints_are_loaded_or_refused(
    tmp_path_factory, tiny_checkpoints, which, edits, keep, head
):
    name, data = tiny_checkpoints[which]
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(_damaged(data, edits, keep, 20_000 if head else len(data)))
    with suppress(UserError):
        build(read_checkpoint(path))
