"""Databases of other systems, read once and repaired. They are only ever read, and nothing here writes a store."""
