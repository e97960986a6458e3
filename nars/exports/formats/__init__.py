"""The forms of a network that other software runs; one module each."""

from nars.exports.formats.format import Format, FormatName, Runner, Source
from nars.exports.formats.named import format_named, formats_named

__all__ = ["Format", "FormatName", "Runner", "Source", "format_named", "formats_named"]
