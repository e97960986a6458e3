"""FBNetV3's blocks, norms and classifier, built from an architecture."""
