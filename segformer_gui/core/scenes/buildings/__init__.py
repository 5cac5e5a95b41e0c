"""Buildings: solids with painted fronts, and which stand where."""
