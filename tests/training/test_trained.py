import pytest
import torch

from nars.errors import CheckpointError
from nars.training.run import train
from nars.training.trained import load_trained
from nars.training.validate import validate
from tests.training.tiny import CPU, candidate, digits


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_the_loaded_network_is_the_one_that_was_validated(tmp_path, ema):
    chosen = candidate(ema=ema, dropout=0.3, stochastic_depth=0.3)
    evaluation = train(chosen, digits("train"), digits("val"), stop_epoch=2, seed=0, directory=tmp_path, device="cpu")
    state = torch.random.get_rng_state()
    network = load_trained(chosen, tmp_path)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not any(module.training for module in network.modules())
    loss, accuracy = validate(network, digits("val"), resolution=8, batch_size=100, device=CPU)
    assert accuracy == evaluation.accuracy
    assert loss == pytest.approx(evaluation.curve[-1].val_loss, rel=1e-5)


def test_averaged_weights_are_not_the_trained_ones(tmp_path):
    chosen = candidate(ema=0.9)
    train(chosen, digits("train"), digits("val"), stop_epoch=1, seed=0, directory=tmp_path, device="cpu")
    averaged = load_trained(chosen, tmp_path).state_dict()
    trained = torch.load(tmp_path / "epoch_00001.pt", weights_only=True)["network"]
    assert averaged.keys() == trained.keys()
    assert not torch.equal(averaged["classifier.head.classifier.weight"], trained["classifier.head.classifier.weight"])


def test_without_a_checkpoint_there_is_no_network(tmp_path):
    with pytest.raises(CheckpointError) as caught:
        load_trained(candidate(), tmp_path)
    assert str(caught.value) == f"{tmp_path}: there is no readable checkpoint"


def test_the_checkpoint_of_another_candidate_is_refused(tmp_path):
    train(candidate(), digits("train"), digits("val"), stop_epoch=1, seed=0, directory=tmp_path, device="cpu")
    with pytest.raises(CheckpointError, match="the checkpoint must be of candidate"):
        load_trained(candidate(lr=0.06), tmp_path)
