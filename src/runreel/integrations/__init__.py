"""Recorders of frameworks, each behind its own extra: `runreel[langgraph]` is `runreel.integrations.langgraph`.

None is imported by anything else of Runreel, and none imports another.
"""
