"""The broker between the daemon and the workers of pools: Celery, on Redis, RabbitMQ or SQS."""
