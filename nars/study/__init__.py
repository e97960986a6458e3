"""The search: its plan, the study that follows it, and the loops that run it."""

from nars.study.progress import Progress
from nars.study.proposals import Member
from nars.study.run import resume, search
from nars.study.spent import SearchSpent
from nars.study.study import Study

__all__ = ["Member", "Progress", "SearchSpent", "Study", "resume", "search"]
