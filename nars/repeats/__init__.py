"""What a search found, trained again: how much of it was luck, and where the gain came from."""

from nars.repeats.attribute import Attribution, attribute
from nars.repeats.confirm import Confirmation, confirm

__all__ = ["Attribution", "Confirmation", "attribute", "confirm"]
