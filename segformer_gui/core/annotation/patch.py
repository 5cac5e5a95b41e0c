"""What an edit changed, small enough to keep: compressed tiles from before and after it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.region import NOWHERE, Box

# Edits keep and compare whole tiles of this grid: large enough that a tile's Python costs little,
# small enough that a long thin stroke across a large map stays a small patch.
TILE_PX = 256

_COUNT = struct.Struct("<I")
_TILE = struct.Struct("<6I")
_OVERHEAD = 400  # Bytes of Python objects a tile.


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle's class ids and touched pixels before and after an edit, as `pack` makes them."""

    box: Box
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Patch:
    """An edit of a mask that can be made again and undone: see `Mask.apply` and `Mask.revert`."""

    tiles: tuple[Tile, ...]

    @property
    def box(self) -> Box:
        """The smallest box around all that it changed."""
        return reduce(or_, (tile.box for tile in self.tiles), NOWHERE)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(len(tile.before) + len(tile.after) + _OVERHEAD for tile in self.tiles)

    def inverse(self) -> Patch:
        """The patch that undoes this one."""
        return Patch(tuple(Tile(tile.box, tile.after, tile.before) for tile in self.tiles))

    def to_bytes(self) -> bytes:
        """The patch as a file holds it; `from_bytes` reads it back as equal."""
        parts = [_COUNT.pack(len(self.tiles))]
        for tile in self.tiles:
            box = tile.box
            sizes = len(tile.before), len(tile.after)
            parts += _TILE.pack(box.top, box.left, *box.shape, *sizes), tile.before, tile.after
        return b"".join(parts)

    @staticmethod
    def from_bytes(data: bytes, size: tuple[int, int]) -> Patch:
        """Read a patch of a mask of `size` (H, W). Raises ValueError if it is none."""
        try:
            (count,) = _COUNT.unpack_from(data)
            tiles: list[Tile] = []
            place = _COUNT.size
            for _ in range(count):
                top, left, height, width, before, after = _TILE.unpack_from(data, place)
                place += _TILE.size
                box = Box(top, left, top + height, left + width)
                middle, end = place + before, place + before + after
                tile = Tile(box, data[place:middle], data[middle:end])
                if not box or box.bottom > size[0] or box.right > size[1]:
                    raise ValueError("a tile lies outside of the mask")
                for packed in (tile.before, tile.after):
                    unpack(packed, box.shape)
                tiles.append(tile)
                place = end
        except struct.error as error:
            raise ValueError("the patch is cut short") from error
        if place != len(data):
            raise ValueError("the patch is longer than it says")
        return Patch(tuple(tiles))


def pack(labels: NDArray[np.uint8], touched: NDArray[np.bool_]) -> bytes:
    """Compress class ids (H, W) uint8 and touched pixels (H, W) bool."""
    return zlib.compress(labels.tobytes() + np.packbits(touched).tobytes(), 1)


def unpack(packed: bytes, shape: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What `pack` was given, of that shape. Raises ValueError if it was something else."""
    pixels = shape[0] * shape[1]
    expected = pixels + (pixels + 7) // 8
    stream = zlib.decompressobj()
    try:
        # Not a byte more than expected: a file from elsewhere may unpack to any size.
        data = stream.decompress(packed, expected + 1)
    except zlib.error as error:
        raise ValueError("a tile is damaged") from error
    if len(data) != expected or not stream.eof:
        raise ValueError("a tile is of another size")
    labels = np.frombuffer(data, np.uint8, pixels).reshape(shape)
    bits = np.frombuffer(data, np.uint8, offset=pixels)
    return labels, np.unpackbits(bits, count=pixels).reshape(shape).view(np.bool_)


def grid_tiles(box: Box, size: tuple[int, int]) -> Iterator[Box]:
    """The tiles of a map of `size` (H, W) that hold pixels of `box`."""
    height, width = size
    for top in range(box.top // TILE_PX * TILE_PX, box.bottom, TILE_PX):
        for left in range(box.left // TILE_PX * TILE_PX, box.right, TILE_PX):
            yield Box(top, left, min(top + TILE_PX, height), min(left + TILE_PX, width))
