"""Proof that nothing acknowledged is lost: load and faults from a seed, a ledger, a check, the smallest that fails."""
