"""The console: one page that shows and changes a running sandbox by its control API, and by nothing else."""
