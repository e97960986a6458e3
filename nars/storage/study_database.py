"""Databases that hold studies: connecting to them, and making a study in one so that none is ever half made."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages._rdb import models
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.engine import make_url

from nars.errors import ExperimentError
from nars.storage.bulk_adding import BulkStorage
from nars.storage.database_errors import explained, file_of, shown
from nars.storage.objectives import Direction
from nars.storage.study_record import ATTRIBUTE, StudyRecord

_CONNECT_S = 10
"""Seconds that a database server gets to answer."""
_WITH_TIMEOUT = ("psycopg", "psycopg2", "pymysql", "mysqldb")
"""Drivers that know ``connect_timeout``."""
_LOCKED_S = 60.0
"""Seconds that a write waits for a reader, such as optuna-dashboard, to let go of the embedded database."""


def connect(url: str, *, create_tables: bool) -> BaseStorage:
    """Opens a database, for one thread or many.

    Raises:
        ExperimentError: If it cannot be reached, is no database of Optuna's, or is of another version of it.
    """
    path, parsed = file_of(url), make_url(url)
    if parsed.drivername == "journal":
        with explained(url):
            return JournalStorage(JournalFileBackend(str(path)))
    options: dict[str, Any] = {"connect_args": connect_arguments(url)}
    if path is None:
        options["pool_pre_ping"] = True  # a server may have dropped an idle connection
    # Optuna fills in its schema version where the address has braces.
    address = parsed.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
    with explained(url):
        try:
            database = BulkStorage(address, engine_kwargs=options, skip_table_creation=not create_tables)
        except RuntimeError as error:
            raise ExperimentError(f"study {shown(url)}: {error}") from error
        if create_tables:
            _make_room(database)
        return database


def _make_room(database: RDBStorage) -> None:
    """MySQL's text ends at 64 KiB, which the learning curve of 400 epochs fills; its next larger one at 16 MiB."""
    if database.engine.dialect.name not in ("mysql", "mariadb"):
        return
    table = models.TrialUserAttributeModel.__tablename__
    kinds = {column["name"]: column["type"] for column in sa.inspect(database.engine).get_columns(table)}
    if not isinstance(kinds["value_json"], MEDIUMTEXT):
        with database.engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE {table} MODIFY value_json MEDIUMTEXT"))


def require_reachable(url: str) -> None:
    """Opens a server's database and closes it again; of a file, looks at its folder.

    Raises:
        ExperimentError: If it cannot be reached or written.
    """
    path = file_of(url)
    if path is None:
        with explained(url):
            disconnect(connect(url, create_tables=True))
    elif not path.parent.is_dir():
        raise ExperimentError(f"study {path}: its folder {path.parent} must exist")


def connect_arguments(url: str) -> dict[str, float]:
    """How long the database's Python driver waits."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return {"timeout": _LOCKED_S}  # a reader may hold the file for a moment
    return {"connect_timeout": _CONNECT_S} if parsed.get_driver_name() in _WITH_TIMEOUT else {}


def disconnect(database: BaseStorage) -> None:
    """Closes every connection."""
    database.remove_session()
    if isinstance(database, RDBStorage):
        database.engine.dispose()


def find_study(database: BaseStorage, *, source: str, name: str | None) -> str:
    """The name of the study that is meant: the given one, or the only one.

    Raises:
        ExperimentError: If there is none of that name, or no name and not exactly one study.
    """
    names = [study.study_name for study in database.get_all_studies()]
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        asked = f"no study {name!r}" if name is not None else "not exactly one study"
        raise ExperimentError(f"{asked} in {source}; there are: {', '.join(names) or 'none'}")
    assert name is not None
    return name


def write_study(url: str, *, name: str, directions: Sequence[Direction], record: StudyRecord) -> None:
    """Makes a study in a new file, or on a database server.

    Raises:
        ExperimentError: If the database cannot be written, or a server has a study of that name.
    """
    path = file_of(url)
    if path is None:
        _write(url, name=name, directions=directions, record=record)
        return
    # Made beside its place and moved there whole: a kill in between leaves no study rather than half of one.
    unfinished = path.with_name(f"{path.name}.new")
    for leftover in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
        leftover.unlink(missing_ok=True)
    address = make_url(url).set(database=str(unfinished)).render_as_string(hide_password=False)
    with explained(url):
        _write(address, name=name, directions=directions, record=record)
    unfinished.replace(path)


def _write(url: str, *, name: str, directions: Sequence[Direction], record: StudyRecord) -> None:
    database = connect(url, create_tables=True)
    try:
        with explained(url), _quiet():
            study = optuna.create_study(storage=database, study_name=name, directions=directions, load_if_exists=True)
            # On a server, a kill may have come between these two: then the study is there without its record.
            if ATTRIBUTE in study.user_attrs:
                raise ExperimentError(f"study {name!r} exists already in {shown(url)}; choose another name")
            study.set_user_attr(ATTRIBUTE, asdict(record))
    finally:
        disconnect(database)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Optuna's announcement of a new study off the terminal."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
