"""What is done when a press loses its pressure: a line of the log, where a factory calls its control."""


def act(event):
    """One event; an exception has it come again, and in the end into the dead letters."""
    print(f"{event['device_id']} lost pressure at {event['timestamp']}: {event['values']['pressure']} bar")
