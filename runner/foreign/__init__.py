"""Trees that a run, a repository or a provider may have written: read and removed within limits, by descriptor.

Nothing here recurses, follows a link, or waits for a pipe, so no tree can block the daemon.
"""
