"""Twin -> Topology. Owns the planner's table and every environment variable; must not touch a cloud or a file."""
