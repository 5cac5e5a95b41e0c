"""Trees, hedges, and where they grow."""
