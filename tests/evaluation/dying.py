"""Ends the process that imports it, as a broken library would."""

import os

os._exit(1)
