"""From graph to plan: passes, steps, fingerprints."""
