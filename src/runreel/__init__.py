"""Runreel records every run of an AI agent, and shows it."""

__version__ = "0.1.0"
