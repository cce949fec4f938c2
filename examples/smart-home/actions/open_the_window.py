"""What is done when the kitchen is stuffy: a message to a phone, where WEBHOOK is one (docs/events.md)."""

import json
import urllib.request

WEBHOOK = ""  # such as https://ntfy.sh/a-topic-that-nobody-guesses


def act(event):
    """One event; an exception has it come again, and in the end into the dead letters."""
    said = f"{event['device_id']}: {event['values']['co2']} ppm of CO2 since {event['since']}, open the window"
    if not WEBHOOK:
        print(said)
        return
    body = json.dumps({"text": said, "id": event["id"]}).encode()
    request = urllib.request.Request(WEBHOOK, body, {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()
