"""The 19 corruptions by name and group, and the protocols that published numbers follow.

Names are those of the package `imagecorruptions` 1.1.2. Groups are those of Kamann and Rother
(Benchmarking the Robustness of Semantic Segmentation Models, CVPR 2020), which differ from the
package's own; "extra" holds the three that they leave out.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUPS: dict[str, tuple[str, ...]] = {
    "blur": ("motion_blur", "defocus_blur", "glass_blur", "gaussian_blur"),
    "noise": ("gaussian_noise", "impulse_noise", "shot_noise", "speckle_noise"),
    "digital": ("brightness", "contrast", "saturate", "jpeg_compression"),
    "weather": ("snow", "spatter", "fog", "frost"),
    "extra": ("zoom_blur", "elastic_transform", "pixelate"),
}
NAMES = tuple(name for names in GROUPS.values() for name in names)
# The same whatever the seed: nothing in them is random.
SEEDLESS = frozenset(
    {
        *("defocus_blur", "gaussian_blur", "zoom_blur"),
        *("brightness", "contrast", "saturate", "jpeg_compression", "pixelate"),
    }
)
# What a sensor does: in a moving video each frame has noise of its own.
FRESH_EACH_FRAME = frozenset(GROUPS["noise"])
MAX_SEVERITY = 5


@dataclass(frozen=True)
class Protocol:
    """A grid of conditions over which a mean may be called by the protocol's name.

    `severities` gives, for each corruption, the severities that the mean runs over.
    """

    name: str
    source: str
    severities: dict[str, tuple[float, ...]]

    @property
    def conditions(self) -> list[tuple[str, float]]:
        """Every (corruption, severity) of the grid."""
        return [(name, level) for name, levels in self.severities.items() for level in levels]


_ALL_SEVERITIES = (1, 2, 3, 4, 5)
_VALIDATION_NAMES = ("speckle_noise", "gaussian_blur", "spatter", "saturate")

KR16 = Protocol(
    "kr16",
    "Kamann and Rother, CVPR 2020; SegFormer, Table 5",
    {
        # Beyond severity 3 of the noises nearly nothing is left for a network to see.
        name: (1, 2, 3) if group == "noise" else _ALL_SEVERITIES
        for group, names in GROUPS.items()
        if group != "extra"
        for name in names
    },
)
COMMON15 = Protocol(
    "common15",
    "Michaelis et al., 2019: the common corruptions of ImageNet-C",
    {name: _ALL_SEVERITIES for name in NAMES if name not in _VALIDATION_NAMES},
)
ALL19 = Protocol(
    "all19", "everything that imagecorruptions knows", {name: _ALL_SEVERITIES for name in NAMES}
)
PROTOCOLS = {protocol.name: protocol for protocol in (KR16, COMMON15, ALL19)}


def is_on_protocol(severity: float) -> bool:
    """Whether the benchmark defines this severity: 0 (clean) to 5, whole. Others are our own."""
    return float(severity).is_integer() and 0 <= severity <= MAX_SEVERITY
