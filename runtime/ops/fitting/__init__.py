"""The parts of a fitted `rule`."""
