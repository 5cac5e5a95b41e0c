"""The report's files: the same numbers in each, whole XML, and plain words on what they are."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from robustness_grids import cells_of, plan_of, random_counts, results_of

from segformer_gui.core.corruption.catalogue import GROUPS, KR16
from segformer_gui.core.robustness.findings import cautions, findings
from segformer_gui.core.robustness.plan import custom_protocol, noise_seed
from segformer_gui.core.robustness.published import published
from segformer_gui.core.robustness.report.drawing import (
    DARK,
    LIGHT,
    Drawing,
    ink_on,
)
from segformer_gui.core.robustness.report.files import (
    Provenance,
    classes_csv,
    images_csv,
    scores_csv,
    to_json,
)
from segformer_gui.core.robustness.report.page import report_page
from segformer_gui.core.robustness.report.write import write_report
from segformer_gui.core.robustness.results import score_grid
from segformer_gui.messages import explain_note

FEW = custom_protocol(["fog", "contrast"], [1, 4])
HERE = Provenance("program 1", "2026-01-02", "a machine", "segformer-gui robustness <data> & more")


def sentences(notes) -> list[str]:
    return [explain_note(note.code, note.parameters) for note in notes]


def page_of(results) -> str:
    return report_page(results, HERE, sentences(findings(results)), sentences(cautions(results)))


class Tags(HTMLParser):
    """Fails on a tag that is not closed where it should be; gathers what links elsewhere."""

    VOID = frozenset({"meta", "circle", "rect", "polyline", "polygon"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID or self.get_starttag_text().endswith("><title>"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            assert tag in self.VOID, (tag, self.open)


@pytest.mark.parametrize("mode", ["accuracy", "consistency"])
@pytest.mark.parametrize("models", ["a", "ab", "abc"])
def test_the_page_is_whole_and_needs_nothing_else(mode, models):
    page = page_of(results_of(plan_of(KR16, models=models, seeds=2, mode=mode)))
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.links == []
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "nan" not in re.sub(r"<[^>]*>", "", page).lower().replace("resonan", "")
    assert "segformer-gui robustness &lt;data&gt; &amp; more" in page


def test_colours_follow_the_page_and_stand_by_themselves_in_a_file():
    drawing = Drawing(40, 20, "words")
    drawing.text(0, 10, "ink")
    drawing.rectangle(0, 0, 5, 5, ink_on("#ffffff"))
    alone, in_page = drawing.svg(), drawing.svg(in_page=True)
    assert f'fill="{LIGHT["ink"]}">ink<' in alone
    assert "var(" not in alone
    assert 'fill="var(--ink)">ink<' in in_page
    # What is written on a colour of its own stays as it is.
    assert f'height="5" fill="{LIGHT["ink"]}"' in in_page
    style = page_of(results_of(plan_of(FEW))).partition("</style>")[0]
    for colors in (LIGHT, DARK):
        for name, color in colors.items():
            assert f"--{name}: {color};" in style
    assert "@media screen and (prefers-color-scheme: dark)" in style


def test_a_page_of_many_models_stays_readable():
    plan = plan_of(KR16, models="abcde", images=12)
    results = results_of(plan, reference="b")
    told = sentences(findings(results))
    assert sum("keeps" in sentence for sentence in told) == 5
    against = [sentence for sentence in told if "in mPC" in sentence]
    assert len(against) == 4
    assert all("b" in re.findall(r"\b[a-e]\b", sentence) for sentence in against)
    assert len(told) == 9
    page = page_of(results)
    assert "<h1>Corruption robustness: 5 models</h1>" in page
    assert page.count(" less ") >= 10  # The table has every pair.


def test_names_cannot_break_the_page():
    page = page_of(results_of(plan_of(FEW, models=["<b>&\"'", "x"])))
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_the_page_names_protocol_seeds_hashes_versions_and_reference():
    plan = plan_of(KR16, models=["first", "second"], seeds=3)
    page = page_of(results_of(plan, reference="second"))
    for text in (
        *("Protocol kr16", "3 seeds", "0, 1, 2;", "key-first", "key-second"),
        *(plan.settings_key, "numpy 2", "program 1", "a machine", "2026-01-02"),
        "CD and rCD relative to second, which has 100",
    ):
        assert text in page, text


def test_published_rows_stand_beside_kr16_and_nothing_else():
    page = page_of(results_of(plan_of(KR16)))
    assert page.count('<span class="tag">published</span>') == 9
    assert "Table 5, measured on Cityscapes val" in page
    assert "SegFormer-B5" in page
    for other in (plan_of(FEW), plan_of(KR16, mode="consistency")):
        assert "published" not in page_of(results_of(other)).partition("</style>")[2]


def test_the_published_table_has_the_means_that_are_cited_from_it():
    table = published("kr16")
    rows = {row.model: row for row in table.rows}
    assert len(rows) == 9
    assert all(set(row.miou) == set(KR16.severities) for row in rows.values())
    b5 = rows["SegFormer-B5"]
    assert (b5.clean, b5.miou["frost"], b5.miou["snow"]) == pytest.approx((0.824, 0.499, 0.407))
    assert 100 * b5.mpc == pytest.approx(65.8, abs=0.05)
    assert list(b5.miou) == [n for g, names in GROUPS.items() if g != "extra" for n in names]
    assert published("common15") is None


def test_consistency_is_never_called_accuracy():
    results = results_of(plan_of(KR16, models="ab", mode="consistency"))
    page = page_of(results)
    told = [s for s in sentences(findings(results)) if "mIoU" in s or "accura" in s]
    assert told == []
    assert "Corruption consistency" in page
    assert "It is not accuracy" in page
    visible = re.sub(r"<[^>]*>", " ", page.partition("</style>")[2])
    assert "calibration" not in visible.lower()
    assert "clean mIoU" not in visible
    assert "mPC" not in visible
    assert "IoU" not in visible


def test_sequences_seen_in_training_are_labelled():
    plan = plan_of(FEW, models="ab")
    seen = replace(plan.models[0], seen_sequences=("0016E5",))
    results = results_of(replace(plan, models=(seen, plan.models[1])))
    (caution,) = [s for s in sentences(cautions(results)) if "seen in training" in s]
    assert "a was trained on 0016E5" in caution
    assert page_of(results).count('<span class="tag">sequence seen in training</span>') == 2


def test_cautions_name_what_limits_the_scores():
    def codes(results):
        return [note.code for note in cautions(results)]

    frames = ["s"] * 60
    assert codes(results_of(plan_of(KR16, images=60))) == []
    assert codes(results_of(plan_of(FEW, images=60, sequences=frames))) == [
        "grid_neighbouring_images"
    ]
    assert codes(results_of(plan_of(FEW, images=1))) == ["grid_no_interval"]
    assert codes(results_of(plan_of(FEW, images=9))) == ["grid_few_images"]
    three = plan_of(FEW, images=60, sequences=["a", "b", "c"] * 20)
    assert codes(results_of(three, blocks="sequences")) == ["grid_few_sequences"]
    odd = plan_of(custom_protocol(["fog"], [1, 2.5]), images=60)
    assert codes(results_of(odd)) == ["grid_off_protocol"]
    shared = plan_of(FEW, images=60, models="ab", known=[[True] * 3, [True, False, True]])
    assert codes(results_of(shared)) == ["grid_classes_left_out"]
    plan = plan_of(FEW, images=60)
    tiled = cells_of(plan, random_counts(plan), notes=("memory_tiled", "image_tiled"))
    assert codes(score_grid(plan, tiled)) == ["grid_memory"]


def test_findings_say_plainly_what_cannot_be_told_apart():
    plan = plan_of(FEW, images=15, models="ab")
    cells = cells_of(plan, lambda _, image, __: np.eye(3, 4, dtype=int) * 50 + image)
    told = sentences(findings(score_grid(plan, cells)))
    assert "a and b are not distinguishable in mPC: they differ by 0.0 points [0.0, 0.0]." in told


def test_findings_do_not_judge_by_one_image():
    plan = plan_of(FEW, images=1, models="ab")

    def counts(model, _image, _condition):
        return np.eye(3, 4, dtype=int) * (50 + 40 * model) + 3

    results = score_grid(plan, cells_of(plan, counts))
    told = [s for s in sentences(findings(results)) if "cannot be told whether that is" in s]
    assert len(told) == 3
    assert "b is 8.2 points above a in mPC" in told[1]
    assert "distinguishable" not in page_of(results)


def test_findings_put_the_better_model_first():
    plan = plan_of(FEW, images=15, models="ab")

    def counts(model, image, _condition):
        return np.eye(3, 4, dtype=int) * (50 + 40 * model) + 3 + image % 4

    told = sentences(findings(score_grid(plan, cells_of(plan, counts))))
    (better,) = [s for s in told if "in mPC" in s]
    assert re.fullmatch(
        r"b is better than a in mPC, by \d+\.\d points \[\d+\.\d, \d+\.\d\]\.", better
    )


def test_files_hold_the_same_numbers():
    plan = plan_of(KR16, models="ab", seeds=2)
    results = results_of(plan)
    document = json.loads(json.dumps(to_json(results, HERE), allow_nan=False))
    scores = {
        (row["model"], row["corruption"], row["severity"]): row
        for row in csv.DictReader(io.StringIO(scores_csv(results)))
    }
    for model, own in zip(document["models"], results.models, strict=True):
        assert model["mpc"]["value"] == own.mpc.value
        name = model["name"]
        assert float(scores[name, "clean", "0"]["miou"]) == pytest.approx(
            own.clean_miou.value, abs=1e-6
        )
        assert float(scores[name, "mean", "mean"]["miou"]) == pytest.approx(own.mpc.value, abs=1e-6)
        frost = model["corruptions"]["frost"]
        assert float(scores[name, "frost", "4"]["miou"]) == pytest.approx(
            frost["by_severity"]["4"]["value"], abs=1e-6
        )
        assert float(scores[name, "frost", "mean"]["low"]) == pytest.approx(
            frost["miou"]["low"], abs=1e-6
        )
    assert len(scores) == 2 * (1 + 72 + 16 + 1)
    assert document["data"]["images"] == {"i0": "key-i0", "i1": "key-i1"}
    assert document["protocol"]["severities"]["shot_noise"] == [1, 2, 3]
    assert document["command"] == HERE.command


def test_the_table_of_images_has_a_row_a_cell_and_the_seed_to_make_it_again():
    plan = plan_of(FEW, images=3, models="ab", seeds=2)
    results = results_of(plan)
    rows = list(csv.DictReader(io.StringIO(images_csv(results))))
    assert len(rows) == plan.size
    row = next(r for r in rows if (r["image"], r["corruption"], r["seed"]) == ("i1", "fog", "1"))
    assert int(row["noise_seed"]) == noise_seed(plan.images[1], 1)
    cell = next(
        c
        for c in cells_of(plan, random_counts(plan))
        if (c.key.model, c.key.image) == ("key-a", "key-i1")
        and c.key.condition == ("fog", float(row["severity"]), 1)
    )
    hits = cell.counts.diagonal()
    union = cell.counts.sum(1) + cell.counts[:, :-1].sum(0) - hits
    assert float(row["miou"]) == pytest.approx((hits / union).mean(), abs=1e-6)


def test_the_table_of_classes_tells_what_each_has_lost():
    plan = plan_of(FEW)
    results = results_of(plan)
    rows = list(csv.DictReader(io.StringIO(classes_csv(results))))
    assert len(rows) == 3 * (1 + 2)
    row = next(r for r in rows if (r["class"], r["corruption"]) == ("sky", "fog"))
    scores = results.models[0]
    expected = scores.clean.class_iou[1] - scores.corruptions["fog"].class_iou[1]
    assert float(row["lost"]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("mode", ["accuracy", "consistency"])
def test_everything_is_written_and_every_picture_is_xml(tmp_path, mode):
    plan = plan_of(KR16, models=["a/b", "c"], mode=mode)
    page = write_report(tmp_path / "out", results_of(plan), HERE, ["found"], [])
    files = {path.relative_to(page.parent).as_posix() for path in page.parent.rglob("*.*")}
    plots = {"severity_curves", "heat_map_a_b", "heat_map_c", "classes_a_b", "classes_c"}
    if mode == "accuracy":
        plots |= {"trade_off", "calibration_a_b", "calibration_c"}
    assert files == {
        *("report.html", "results.json", "scores.csv", "classes.csv", "images.csv"),
        *(f"plots/{name}.{kind}" for name in plots for kind in ("svg", "png")),
    }
    for plot in (page.parent / "plots").glob("*.svg"):
        root = ElementTree.parse(plot).getroot()
        box = [float(part) for part in root.attrib["viewBox"].split()]
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            assert box[0] <= float(text.attrib["x"]) <= box[0] + box[2], plot.name
            assert box[1] <= float(text.attrib["y"]) <= box[1] + box[3], plot.name
        with Image.open(plot.with_suffix(".png")) as picture:
            assert picture.size == (round(2 * box[2]), round(2 * box[3]))


def test_the_heat_map_has_every_condition_with_its_score(tmp_path):
    plan = plan_of(KR16)
    results = results_of(plan)
    write_report(tmp_path, results, HERE, [], [])
    svg = (tmp_path / "plots" / "heat_map_a.svg").read_text("utf-8")
    for name, own in results.models[0].corruptions.items():
        for severity, estimate in own.by_severity.items():
            tip = f"{name.replace('_', ' ')}, severity {severity}: {100 * estimate.value:.1f} %"
            assert tip in svg


def test_a_class_that_never_occurs_and_a_model_that_is_always_wrong_are_drawn():
    plan = plan_of(FEW, images=2)
    wrong = np.array([[0, 5, 0, 5], [5, 0, 0, 5], [0, 0, 0, 0]])
    results = score_grid(plan, cells_of(plan, lambda *_: wrong))
    page = page_of(results)
    assert results.models[0].rpc.value != results.models[0].rpc.value
    json.dumps(to_json(results, HERE), allow_nan=False)
    assert "NaN" not in page
