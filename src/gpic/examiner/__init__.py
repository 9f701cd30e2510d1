"""Does a partner's service obey the rules? Its logins are driven, what it sent is read, and a report is written."""
