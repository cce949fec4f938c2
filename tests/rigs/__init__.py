"""The fakes: one in-memory implementation of each port. What passes the contract suite is fit to stand in a test."""
