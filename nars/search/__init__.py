"""The search: its plan, the study that follows it, and the loops that run it."""

from nars.search.progress import Progress
from nars.search.run import resume, search
from nars.search.study import Study

__all__ = ["Progress", "Study", "resume", "search"]
