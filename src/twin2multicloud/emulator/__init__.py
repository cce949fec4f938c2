"""Three emulated clouds on one machine. Owns processes, queues and stores; behaviour comes from the functions."""
