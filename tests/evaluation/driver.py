"""A search process for tests to kill: two workers that train for ever.

Run as ``python -m tests.evaluation.driver FOLDER``.
"""

import signal
import sys
from pathlib import Path

from nars.evaluation import LocalExecutor
from tests.evaluation.actors import Orphanable
from tests.evaluation.tasks import tasks

if __name__ == "__main__":
    # A shell that started the tests in its background ignores SIGINT, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(sys.argv[1])
    with LocalExecutor(Orphanable(folder), workers=2) as executor:
        for _ in executor.run(tasks(2, folder)):
            pass
