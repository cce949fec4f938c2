"""t2mc, the command line. Owns texts, tables and exit codes; no business logic."""
