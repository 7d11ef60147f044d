"""Stands in for Colab's own package: it is there, and a learner answers when asked for a file."""
