"""NHS login: the OpenID Provider's protocol."""
