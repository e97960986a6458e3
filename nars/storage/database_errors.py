"""What a database says when it cannot write, in words that tell which file and what to do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna.exceptions import StorageInternalError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from nars.errors import ExperimentError


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turns a database's errors inside the block into ``ExperimentError``.

    Args:
        url: Address of the database, as SQLAlchemy reads it.
    """
    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        raise ExperimentError(_message(url, error)) from error
    except ImportError as error:
        raise ExperimentError(f"study {shown(url)}: the database's Python driver is not installed") from error


def shown(url: str) -> str:
    """The address for people: a path for the embedded database, no password for the others.

    Raises:
        ExperimentError: If the address cannot be read.
    """
    path = file_of(url)
    return str(path) if path is not None else make_url(url).render_as_string(hide_password=True)


def file_of(url: str) -> Path | None:
    """The embedded database's file; none for a database server.

    Raises:
        ExperimentError: If the address cannot be read.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ExperimentError(
            f"a study's address must look like sqlite:////path/study.db or postgresql+psycopg://..., got {url!r}"
        ) from error
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _message(url: str, error: Exception) -> str:
    # Optuna wraps SQLAlchemy's error, which wraps the driver's; the innermost says what happened.
    cause: BaseException = error
    while (inner := getattr(cause, "orig", None) or cause.__cause__) is not None:
        cause = inner
    text, path = str(cause).strip(), file_of(url)
    if path is not None and ("is full" in text or "disk I/O error" in text):
        folder = path.parent if path.parent.exists() else Path()
        free = shutil.disk_usage(folder).free
        return f"study {path} cannot be written: {text} ({free:,} bytes free); free some space, then resume"
    if "is locked" in text:
        return f"study {shown(url)} cannot be written: another program has kept it locked for too long"
    return f"study {shown(url)}: {text}"
