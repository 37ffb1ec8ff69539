"""The web server: the API, the dashboard, metrics and health, over the operations of `runner.api`."""
