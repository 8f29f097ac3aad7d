"""Reusable pieces of steps and docks."""
