"""How much of their score models keep on corrupted images, over whole sets."""
