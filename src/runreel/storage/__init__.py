"""Keeping what was recorded: the ports, the merge rules, and the SQL that implements them."""
