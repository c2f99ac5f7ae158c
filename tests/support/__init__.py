"""What tests of several kinds share: a real server, a fresh database, and what this machine can offer."""
