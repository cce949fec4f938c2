"""t2mc, the command line. Owns words, tables and exit codes; no business logic."""
