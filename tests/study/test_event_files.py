"""Event files as TensorBoard itself reads them."""

from pathlib import Path

import pytest

from nars.space import parse_space
from nars.study import Progress, search
from nars.study.event_files import EventFiles
from tests.cli.conftest import TINY


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TensorBoard's own imports
def test_tensorboard_reads_every_curve(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    heard: list[int] = []

    class Then(Progress):
        def trial_ended(self, trial):
            heard.append(trial.number)

        def search_ended(self, spent):
            heard.append(-1 if spent.wall_s > 0 else -2)

    space = parse_space(TINY.replace("trials: 7", "trials: 3").replace("final: 2", "final: 1"), source="tiny.yaml")
    progress = EventFiles(tmp_path / "tiny", Then())
    with search(space, name="tiny", root=tmp_path, workers=1, device="cpu", progress=progress) as study:
        trials = study.trials
    assert heard[-1] == -1
    assert sorted(heard[:-1]) == [trial.number for trial in trials]
    for trial in trials:
        events = EventAccumulator(str(study.experiment.trial_directory(trial.number) / "tensorboard"))
        events.Reload()
        assert set(events.Tags()["scalars"]) == {"loss/train", "loss/val", "accuracy/val", "lr", "seconds"}
        new = [record for record in trial.evaluation.curve if record.epoch in {e.step for e in events.Scalars("lr")}]
        assert new, "at least the epochs that this trial trained itself"
        for name, of in (("accuracy/val", "val_accuracy"), ("loss/train", "train_loss"), ("lr", "lr")):
            told = [event.value for event in events.Scalars(name)]
            assert told == pytest.approx([getattr(record, of) for record in new], rel=1e-6)
