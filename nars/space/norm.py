"""The normalisations that a recipe may choose."""

from typing import Literal

Norm = Literal["BN", "GN", "SyncBN", "naiveSyncBN", "naiveSyncBN_N"]
"""``naiveSyncBN`` weighs every worker the same, ``naiveSyncBN_N`` each by its number of images (or regions)."""
