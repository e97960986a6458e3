"""The formats of a bundle as a table in the terminal."""

from rich.table import Table

from nars.exports.formats_document import FormatsDocument, formats_rows


def formats_table(document: FormatsDocument) -> Table:
    """What each format gave beside its source."""
    head, *rows = formats_rows(document)
    title = f"On {document.images:,} images of the test split; one image at a time on {document.device}"
    table = Table(title=title, title_justify="left")
    for index, header in enumerate(head):
        table.add_column(header, justify="left" if index in {0, len(head) - 1} else "right")
    for row in rows:
        table.add_row(*row)
    return table
