"""The legacy workflow database: sessions, workflow runs, and what a planning-and-control system recorded in them."""
