"""What a process recorded, in files that outlive it until a server has it. (Format: docs/reference/journal.md)

`journal` writes and reads the journal of this process, `adopted` reads one whose process is gone, `folder` finds them.
"""
