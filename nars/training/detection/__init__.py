"""Training of detectors: augmentation of images with their objects, batches, and validation by COCO's figures."""
