"""What a placement costs, and which is cheapest. Owns formulas, price book and optimizer; pure."""
