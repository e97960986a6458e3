"""Published networks with their published facts (stage tables and exact counts of mobile-vision's FBNetV3)."""

from dataclasses import replace

from nars.space.architecture import Architecture, Block, Head, Stage, Stem


def _stage(width: int, depth: int, first: Block, rest: Block | None, stride: int, *, se: bool = False) -> Stage:
    return Stage(width=width, depth=depth, first=first, rest=rest, stride=stride, squeeze_excite=se)


def _block(kernel: int, expansion: float, padding: int | None = None) -> Block:
    return Block(kernel=kernel, expansion=expansion, padding=padding)


FBNETV3_A = Architecture(
    resolution=224,
    in_channels=3,
    num_classes=1000,
    stem=Stem(width=16, bias=True),
    stages=(
        _stage(16, 2, _block(3, 1), _block(3, 1), 1),
        _stage(24, 4, _block(5, 4), _block(5, 2), 2),
        _stage(40, 5, _block(5, 5), _block(5, 3), 2, se=True),
        _stage(72, 5, _block(5, 5, 1), _block(3, 3), 2),
        _stage(120, 6, _block(3, 5), _block(5, 3), 1, se=True),
        _stage(184, 6, _block(3, 6, 0), _block(5, 4), 2, se=True),
        _stage(224, 1, _block(5, 6), None, 1, se=True),
    ),
    head=Head(width=1984),
)
FBNETV3_A_PARAMS = 8_598_480
FBNETV3_A_MACS = 355_514_328
FBNETV3_A_SIZES = (112, 112, 56, 28, 13, 13, 6, 6)

FBNETV3_B = replace(FBNETV3_A, resolution=248)
FBNETV3_B_MACS = 460_150_000
TIMM_B = replace(FBNETV3_B, stem=replace(FBNETV3_B.stem, bias=False))
TIMM_B_PARAMS = 8_598_464

FBNETV3_G = Architecture(
    resolution=320,
    in_channels=3,
    num_classes=1000,
    stem=Stem(width=32, bias=True),
    stages=(
        _stage(24, 3, _block(3, 1), _block(3, 1), 1),
        _stage(40, 5, _block(5, 4), _block(5, 2), 2),
        _stage(56, 5, _block(5, 4), _block(5, 3), 2, se=True),
        _stage(104, 5, _block(5, 5), _block(3, 3), 2),
        _stage(160, 9, _block(3, 5), _block(5, 3), 1, se=True),
        _stage(264, 7, _block(3, 6), _block(5, 5), 2, se=True),
        _stage(288, 2, _block(5, 6), _block(5, 6), 1, se=True),
    ),
    head=Head(width=1984),
)
FBNETV3_G_PARAMS = 16_623_920
FBNETV3_G_MACS = 2_125_187_200

FBNETV3_A0 = Architecture(
    resolution=224,
    in_channels=3,
    num_classes=1000,
    stem=Stem(width=12, bias=True),
    stages=(
        _stage(12, 1, _block(3, 1), None, 1),
        _stage(24, 3, _block(3, 4), _block(3, 2), 2),
        _stage(40, 3, _block(3, 4), _block(3, 2), 2, se=True),
        _stage(72, 3, _block(5, 4), _block(3, 3), 2),
        _stage(104, 4, _block(3, 4), _block(5, 3), 1, se=True),
        _stage(176, 4, _block(3, 4), _block(3, 4), 2, se=True),
        _stage(208, 1, _block(3, 5), None, 1, se=True),
    ),
    head=Head(width=1984, expansion=5),
)
FBNETV3_A0_PARAMS = 6_309_976
FBNETV3_A0_MACS = 217_917_744
