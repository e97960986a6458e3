"""What a database says when it cannot write, in words that tell which file and what to do."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from nars.errors import ExperimentError

T = TypeVar("T")

_OUTAGE_S = 60.0
"""Seconds that a database server gets to come back after it has gone away."""
FILE_BACKENDS = ("sqlite", "journal")


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
    except OSError as error:  # of a journal, which is a plain file
        raise ExperimentError(f"study {shown(url)}: {error.strerror or error}") from error
    except ImportError as error:
        raise ExperimentError(
            f"study {shown(url)}: the database's Python driver is not installed ({_innermost(error)}); "
            f"nars[postgresql] brings psycopg, nars[mysql] pymysql"
        ) from error


def patiently(url: str, change: Callable[[], T]) -> T:
    """Does something in a database, again and again while its server is away for a moment, as in a restart.

    Args:
        url: Address of the database.
        change: May be called again after it has failed half way, or after it has succeeded without our hearing of it.

    Raises:
        ExperimentError: If the database refuses, or its server stays away for a minute.
    """
    deadline = time.monotonic() + _OUTAGE_S
    while True:
        try:
            with explained(url):
                return change()
        except ExperimentError as error:
            is_outage = file_of(url) is None and _is_outage(error)
            if not is_outage or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _is_outage(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__
    return False


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
    except (ArgumentError, ValueError):
        # what cannot be read may hold a password anywhere before its last @
        masked = re.sub(r"://.*@", "://***@", url)
        raise ExperimentError(
            f"a study's address must look like sqlite:////path/study.db or postgresql+psycopg://user:password@host/name,"
            f" got {masked!r}"
        ) from None
    is_file = parsed.drivername.partition("+")[0] in FILE_BACKENDS and parsed.database
    return Path(str(parsed.database)) if is_file else None


def _message(url: str, error: Exception) -> str:
    text, path = str(_innermost(error)).strip(), file_of(url)
    if path is not None and ("is full" in text or "disk I/O error" in text):
        folder = path.parent if path.parent.exists() else Path()
        free = shutil.disk_usage(folder).free
        return f"study {path} cannot be written: {text} ({free:,} bytes free); free some space, then resume"
    if "is locked" in text:
        return f"study {shown(url)} cannot be written: another program has kept it locked for too long"
    return f"study {shown(url)}: {text}"


def _innermost(error: BaseException) -> BaseException:
    """What happened: Optuna wraps SQLAlchemy's error, which wraps the driver's."""
    while (inner := getattr(error, "orig", None) or error.__cause__) is not None:
        error = inner
    return error
