"""Plans with warm providers, and checks without terraform."""
