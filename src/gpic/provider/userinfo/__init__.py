"""GET and POST /userinfo."""
