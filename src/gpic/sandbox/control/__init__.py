"""The control API of a sandbox: everything that a console, a test or a script in any language may see and do."""
