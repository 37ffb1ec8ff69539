"""What the services need from the world, as narrow protocols. Adapters satisfy them; only `runner.app` names both."""
