"""Letters on their way to people: e-mails and text messages with one-time codes."""
