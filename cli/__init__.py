"""Fine-tuning data sets, and the models trained on them, from one declarative file."""

__version__ = "0.1.0"
