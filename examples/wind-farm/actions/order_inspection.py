"""What is done when a gearbox runs hot: a line of the log, where an operator's maintenance system is called."""


def act(event):
    """One event; an exception has it come again, and in the end into the dead letters."""
    print(f"{event['device_id']} needs an inspection: gearbox at {event['values']['gearbox_temperature']} °C")
