"""NARS."""
