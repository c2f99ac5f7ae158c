"""The HTTP server: one process on one store."""
