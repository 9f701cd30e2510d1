"""The one HTTP client factory: timeouts, pools, redaction."""
