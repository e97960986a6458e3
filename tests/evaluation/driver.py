"""A search process for tests to kill: two workers that train for ever.

Run as ``python -m tests.evaluation.driver FOLDER``.
"""

import sys
from pathlib import Path

from nars.evaluation import LocalExecutor
from tests.evaluation.actors import Orphanable
from tests.evaluation.tasks import tasks

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with LocalExecutor(Orphanable(folder), workers=2) as executor:
        for _ in executor.run(tasks(2, folder)):
            pass
