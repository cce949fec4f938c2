"""An MQTT endpoint as a cloud's device service has one: it takes publishes, and acknowledges what is durable."""
