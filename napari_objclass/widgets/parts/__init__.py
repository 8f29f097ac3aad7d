"""Pieces that steps and docks are put together from."""
