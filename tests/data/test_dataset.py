import torch

from nars.data.dataset import Split


def test_the_length_of_a_split_is_its_number_of_images():
    images = torch.zeros(3, 1, 2, 2, dtype=torch.uint8)
    assert len(Split(images=images, labels=torch.zeros(3, dtype=torch.int64))) == 3
