"""All pictures of a study, by the names of their files."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from nars.analysis.budgets import known_costs
from nars.analysis.findings import Findings
from nars.analysis.pictures.best_so_far import best_so_far
from nars.analysis.pictures.curves import learning_curves
from nars.analysis.pictures.dependence import dependence_picture
from nars.analysis.pictures.front import accuracy_vs_cost
from nars.analysis.pictures.importance import importance_picture
from nars.analysis.pictures.parallel import parallel_coordinates
from nars.analysis.pictures.predicted import predicted_against_got
from nars.analysis.summary import best_trial
from nars.models.block_diagram import block_diagram
from nars.trials import pareto_front


def pictures_of(found: Findings) -> Iterator[tuple[str, Figure]]:
    """One after the other, each with its file's name without its ending; only those that have something to show."""
    complete, name = found.complete, found.name
    title = f"{name}: {len(complete)} complete trials"
    for cost in known_costs(complete) or ("macs",):
        front = pareto_front(complete, [cost])
        yield f"accuracy_vs_{cost}", accuracy_vs_cost(complete, front, found.space.constraints, cost=cost, title=title)
    yield "best_so_far", best_so_far(found.trials, found.timings, title=title)
    if curved := [trial for trial in complete if trial.evaluation and trial.evaluation.curve]:
        yield "learning_curves", learning_curves(curved, title=title)
    if leading := [knob for knob in found.space.knobs if knob.path in found.leading_knobs]:
        yield "parallel_coordinates", parallel_coordinates(found.space, complete, leading, title=title)
    if found.worth is not None:
        yield "importance", importance_picture(found.worth, title=f"{name}: what the knobs are worth")
        yield "dependence", dependence_picture(found.tables["dependence"], title=f"{name}: partial dependence")
    if "predictions" in found.tables:
        yield "predicted_against_got", predicted_against_got(found.tables["predictions"], title=title)
    best = best_trial([trial for trial in complete if trial.trained_in_full] or complete)
    yield "best_network", block_diagram(best.candidate.architecture, title=f"{name}: network of trial {best.number}")
