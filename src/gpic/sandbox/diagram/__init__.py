"""The conversation of a sandbox, told: which messages belong to one login, what each is about, and how it is drawn as text."""
