"""Buildings of the synthetic scenes: what they are labelled, what they cover, where they stand."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.scenes.buildings.building import Building
from segformer_gui.core.scenes.buildings.elevation import Elevation, Glass
from segformer_gui.core.scenes.buildings.fittings import fit_out
from segformer_gui.core.scenes.buildings.fronts import STOREY, front_texture
from segformer_gui.core.scenes.buildings.landmarks import GardenWall
from segformer_gui.core.scenes.buildings.rows import (
    KINDS,
    build_row,
    build_walls,
    end_street,
    facing_row,
)
from segformer_gui.core.scenes.buildings.solids import Frame, front_face
from segformer_gui.core.scenes.buildings.walls import grow_ivy, wall_texture
from segformer_gui.core.scenes.canvas import Camera, Canvas, Label, Light
from segformer_gui.core.scenes.ground.street import Street

STREET = Street(-3.0, 7.0, 1.6, -6.0, 10.0, ((1, 30.0, 38.0),), False)
NOTHING = 77
HORIZON, FOCAL = 150, 400


def canvas() -> Canvas:
    camera = Camera(focal=FOCAL, center=200, horizon=HORIZON, height=1.5, bend=0)
    drawn = Canvas(150, 200, camera, Light((0.3, 0.7, -0.6), 0.6, 0.6, (255, 255, 255), 500))
    drawn.pixels[..., 3] = NOTHING
    return drawn


def share(labels: np.ndarray, *wanted: int) -> float:
    return float(np.isin(labels, wanted).mean())


@pytest.mark.parametrize("kind", STOREY)
@pytest.mark.parametrize("seed", range(4))
def test_a_front_counts_as_building_whatever_it_mirrors(kind, seed):
    rng = np.random.default_rng(seed)
    glass = Glass(120, 120, (1, 1, 1.1), 0.1)
    front = front_texture(rng, kind, 2, (150, 120, 100), (12, 7), 20, glass)
    assert front.shape == (140, 240, 4)
    assert set(np.unique(front[..., 3])) <= {Label.BUILDING, Label.TREE}
    assert share(front[..., 3], Label.BUILDING) > 0.4


def test_fronts_differ_within_a_kind():
    fronts = [
        front_texture(
            np.random.default_rng(seed), "shop", 2, (150, 120, 100), (12, 7), 20,
            Glass(30, 50, (1, 1, 1), 0.2),
        )
        for seed in range(3)
    ]  # fmt: skip
    assert np.mean(fronts[0] != fronts[1]) > 0.3
    assert np.mean(fronts[1] != fronts[2]) > 0.3


@pytest.mark.parametrize("kind", STOREY)
@pytest.mark.parametrize("angle", [0.0, np.pi / 2, -np.pi / 2])
@pytest.mark.parametrize("z", [1.5, 4.0, 20.0, 80.0, 145.0])
def test_any_distance_and_direction_works(kind, angle, z):
    for roof in ("gable", "street gable", "hip", "mansard", "flat"):
        drawn, rng = canvas(), np.random.default_rng(int(z))
        side = np.sign(np.sin(angle))
        first = z + 12 if side < 0 else z
        frame = Frame(-6.0 * (side or 1), first, angle)
        building = Building(frame, 12.0, kind, 2, 9.0, roof, 2.0)
        assert building.near == pytest.approx(z)
        assert building.side == -side
        building.draw(drawn, rng, 0.0)
        found = set(np.unique(drawn.pixels[..., 3])) - {NOTHING}
        assert Label.BUILDING in found
        assert found <= {Label.BUILDING, Label.TREE, Label.SIGN, Label.IGNORE}


def test_a_front_covers_the_pixels_that_geometry_says():
    drawn = canvas()
    # 20 m away a metre is 20 pixels: 8 m wide, and 6.4 m (two storeys and 0.5 m) high.
    Building(Frame(-4, 20, 0.0), 8.0, "house", 2, 9.0, "flat").draw(
        drawn, np.random.default_rng(1), 0.0
    )
    top = HORIZON + round((1.5 - (2 * STOREY["house"] + 0.5)) * FOCAL / 20)
    front = drawn.pixels[top + 2 : HORIZON + 28, 122:278, 3]
    assert share(front, Label.BUILDING, Label.TREE) > 0.99
    assert share(drawn.pixels[:, :100, 3], NOTHING) == 1.0
    # What stands out from the front may stand lower in the picture.
    assert share(drawn.pixels[HORIZON + 45 :, :, 3], NOTHING) == 1.0


def test_a_face_is_seen_from_outside_only():
    drawn = canvas()
    assert front_face((0, 4), (0, 3), 0).is_seen(drawn, Frame(-2, 10, 0.0))
    assert not front_face((0, 4), (0, 3), 0).is_seen(drawn, Frame(2, 10, np.pi))
    assert not front_face((0, 4), (0, 3), 0).is_seen(drawn, Frame(-2, -10, 0.0))


@pytest.mark.parametrize("z", [25.0, 50.0, 90.0])
def test_a_row_across_the_end_closes_the_view(z):
    covered = []
    for seed in range(6):
        drawn, rng = canvas(), np.random.default_rng(seed)
        for building in facing_row(rng, z, 0.0):
            building.draw(drawn, rng, 0.0)
        level = drawn.pixels[round(HORIZON - 1), :, 3]  # a little above eye height
        covered.append(1 - share(level, NOTHING))
    assert min(covered) > 0.75  # it may have gaps
    assert np.mean(covered) > 0.95


def test_about_a_third_of_the_streets_end_and_what_ends_them_is_near():
    rng = np.random.default_rng(0)
    endings = [end_street(rng, STREET, {-1: "terrace", 1: "park"}) for _ in range(200)]
    closed = [ending for ending in endings if ending.row]
    assert 0.25 < len(closed) / len(endings) < 0.47
    for ending in closed:
        assert 25 <= ending.z <= 90
        assert min(b.frame.s for b in ending.row) < -ending.z * 0.6
        assert max(b.frame.s + b.width for b in ending.row) > ending.z * 0.6


@pytest.mark.parametrize("character", KINDS)
def test_rows_keep_clear_of_side_roads_and_of_the_end(character):
    for seed in range(10):
        row = build_row(np.random.default_rng(seed), STREET, 1, character, 60.0)
        assert (character == "empty") == (not row) or character in ("square", "park")
        for building in row:
            assert building.side == 1
            assert 1.5 <= building.near < building.far <= 47.01
            assert building.far < 30 or building.near > 38


def test_squares_lie_open_before_their_buildings():
    for seed in range(10):
        for building in build_row(np.random.default_rng(seed), STREET, -1, "square"):
            assert building.frame.s <= STREET.left_front - 15


@pytest.mark.parametrize("z", [1.6, 10.0, 60.0, 110.0])
def test_a_garden_wall_counts_as_building(z):
    drawn, rng = canvas(), np.random.default_rng(0)
    stones = wall_texture(rng, 3, 1.2, 20, (140, 100, 80), "house")
    wall = GardenWall(-2.0, z, z + 3, 1.2, stones, pillar=True)
    wall.draw(drawn)
    found = set(np.unique(drawn.pixels[..., 3])) - {NOTHING}
    assert found == {Label.BUILDING}
    assert wall.z == z + 3


def test_walls_run_along_the_pavement_but_not_across_side_roads():
    walls = build_walls(np.random.default_rng(3), STREET, {1: "walled", -1: "terrace"}, 90.0)
    assert len(walls) > 10
    for wall in walls:
        assert wall.s == pytest.approx(10.0, abs=0.1)
        assert wall.far < 30 or wall.near > 38
        assert wall.far < 90


def test_boards_that_stand_off_a_shop_are_signs_and_lettering_on_it_is_not():
    found = 0
    for seed in range(12):
        drawn = canvas()
        fit_out(
            drawn, np.random.default_rng(seed), Frame(-5, 25, np.pi / 2), "shop", (20, 7),
            (150, 120, 100), Glass(20, 20, (1, 1, 1), 0), False,
        )  # fmt: skip
        found += Label.SIGN in drawn.pixels[..., 3]
    assert found > 6
    wall = np.full((80, 200, 4), Label.BUILDING, np.uint8)
    Elevation(wall, 20, Glass(20, 20, (1, 1, 1), 0)).text("CAFE", 1, 1, 1, (250, 250, 250))
    assert (wall[..., 0] == 250).any()
    assert set(np.unique(wall[..., 3])) == {Label.BUILDING}


def test_ivy_is_a_plant_where_it_covers_the_wall():
    wall = wall_texture(np.random.default_rng(1), 10, 6, 20, (150, 120, 120), "house")
    before = wall.copy()
    grow_ivy(np.random.default_rng(2), wall)
    changed = (wall[..., :3] != before[..., :3]).any(axis=2)
    grown = wall[..., 3] == Label.TREE
    assert 0.05 < grown.mean() < 0.95
    assert not changed[~grown].any()
