"""Measurements of what the product promises, printed as rows of the table they belong to."""
