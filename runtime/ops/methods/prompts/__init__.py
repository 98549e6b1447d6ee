"""The texts that methods put before a model."""
