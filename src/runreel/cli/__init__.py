"""The `runreel` command, one file per command; the standard library is enough for all but `up` and `migrate`."""
