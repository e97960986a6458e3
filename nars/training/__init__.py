"""A recipe becomes a training run: optimiser, schedule, augmentation, averaging, the loop and its checkpoints."""
