"""Headless applets: each step of the workflow as settings and output, and the session that wires them."""
