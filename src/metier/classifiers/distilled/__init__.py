"""The distilled method: a small network on hashed words that imitates a larger classifier."""
