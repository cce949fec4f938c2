"""What is done when a press loses its pressure: here a line of the function's log, in a factory a call of its control."""


def act(event):
    """One event; an exception has it come again, and in the end into the dead letters."""
    print(f"{event['device_id']} lost pressure at {event['timestamp']}: {event['values']['pressure']} bar")
