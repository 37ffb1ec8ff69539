"""Work for pools: offer runs, grant claims, listen to workers, record what they did, and notice who is silent."""
