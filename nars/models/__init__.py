"""FBNetV3's blocks, norms, trunk and classifier, built from an architecture."""
