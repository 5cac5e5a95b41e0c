"""The plan of a street and all that lies flat: surfaces, markings, islands."""
