"""Weights of small classifiers; each names the program that trains it."""
