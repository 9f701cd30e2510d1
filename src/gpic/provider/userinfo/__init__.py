"""GET, POST and PATCH /userinfo."""
