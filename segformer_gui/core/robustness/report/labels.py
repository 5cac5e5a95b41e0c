"""Where the names of points go, so that no two write over each other."""

from __future__ import annotations

Box = tuple[float, float, float, float]  # Left, top, right, bottom, in px.


class Labels:
    """Finds each label a place beside its point where nothing stands yet, within `bounds`."""

    def __init__(self, bounds: Box) -> None:
        self._bounds = bounds
        self._taken: list[Box] = []

    def occupy(self, x: float, y: float, radius: float) -> None:
        """Take the place of a disc; all of them come before the first label."""
        self._taken.append((x - radius, y - radius, x + radius, y + radius))

    def place(
        self, x: float, y: float, radius: float, width: float, height: float
    ) -> tuple[float, float]:
        """Left and top of a label of this size for the disc there."""
        gap = radius + 3
        right, left, middle = x + gap, x - gap - width, x - width / 2
        corners = [
            *((right, y - height / 2), (left, y - height / 2)),
            *((middle, y - gap - height), (middle, y + gap)),
            *((right, y - height), (right, y), (left, y - height), (left, y)),
        ]
        # Further away, where points stand close together.
        for step in (1, 2, 3):
            away = step * height
            corners += [
                *((right, y - height - away), (right, y + away)),
                *((left, y - height - away), (left, y + away)),
            ]
        boxes = [(cx, cy, cx + width, cy + height) for cx, cy in corners]
        box = next((box for box in boxes if self._fits(box)), boxes[0])
        self._taken.append(box)
        return box[:2]

    def _fits(self, box: Box) -> bool:
        left, top, right, bottom = self._bounds
        if box[0] < left or box[1] < top or box[2] > right or box[3] > bottom:
            return False
        return all(
            box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
            for other in self._taken
        )
