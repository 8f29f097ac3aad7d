"""Pieces that steps and windows are made of."""
