from aws_world import aws, identity, moto

__all__ = ["aws", "identity", "moto"]
