"""Pieces that steps and dialogs are put together from."""
