"""What every adapter of a port must do, over every rig. A new adapter lands by adding its rig to `conftest.RIGS`."""
