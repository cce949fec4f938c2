"""An emulated cloud as a process: its wiring, its sockets, its state and how it is started and stopped."""
