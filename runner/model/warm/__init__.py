"""Plans and checks with warm providers: whether one may be made, and whether it may stand alone."""
