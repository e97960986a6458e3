"""A sweep as a table in the terminal."""

from rich.table import Table

from nars.evaluation.sweep import Swept
from nars.exports.sweep import Sweep

_HEADERS = ("", "resolution", "proposals", "NMS", "least score", "accuracy", "box AP50", "MACs", "memory bytes")


def sweep_table(found: Sweep) -> Table:
    """The combinations on the front of accuracy and MACs, and the detector's own above them."""
    table = Table(title=f"{found.name}: {len(found.rows)} combinations, none trained", title_justify="left")
    table.add_column(_HEADERS[0])
    for header in _HEADERS[1:]:
        table.add_column(header, justify="right")
    if found.own is not None:
        table.add_row("own", *_cells(found.own))
        table.add_section()
    for row in found.front:
        table.add_row("front", *_cells(row))
    return table


def _cells(row: Swept) -> tuple[str, ...]:
    return (
        str(row.settings.resolution),
        str(row.settings.post_nms_test),
        f"{row.settings.nms:g}",
        f"{row.settings.score_threshold:g}",
        f"{row.accuracy:.4f}",
        f"{row.figures.boxes.ap50 or 0.0:.4f}",
        f"{row.cost.macs:,}",
        f"{row.cost.memory_bytes:,}",
    )
