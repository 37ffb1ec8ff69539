lines = ["welcome", "mind the gap"]
