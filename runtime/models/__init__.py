"""Models that compute on this machine, and what they said before."""
