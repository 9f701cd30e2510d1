"""GET and POST /authorize, stage by stage."""
