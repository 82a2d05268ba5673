"""The call detail record: what a call, its legs and its ticket are, as a reading of the facts told of it."""
