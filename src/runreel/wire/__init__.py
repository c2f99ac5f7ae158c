"""Bytes to records, one file per dialect."""
