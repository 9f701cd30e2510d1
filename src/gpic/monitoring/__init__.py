"""What an operator sees of a running process: health, metrics, logs, traces. Nothing here knows a secret or an NHS number."""
