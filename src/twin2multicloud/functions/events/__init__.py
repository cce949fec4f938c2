"""Events (L2): rules on readings, what they fire, and the user's actions."""
