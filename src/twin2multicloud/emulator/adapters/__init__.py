"""The emulator's adapters, under the file names of a cloud's. Each passes its port's contract suite."""
