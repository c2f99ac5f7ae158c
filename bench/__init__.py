"""Benchmarks: each prints its figures beside the limit that the same machine set in the same run."""
