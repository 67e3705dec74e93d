"""Where worksheet functions are called from; each host's files are made here, from the one catalogue."""
