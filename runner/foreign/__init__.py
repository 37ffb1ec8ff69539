"""Trees that a run, a repository or a provider may have written: read and removed within bounds, by descriptor.

Nothing here recurses, follows a link, or waits for a pipe, so that no shape of a tree can hold the daemon up.
"""
