"""The version of this package, known without its installation's metadata."""

VERSION = "0.1.0"
