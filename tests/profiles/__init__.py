"""Profiles: that any order of arrival and any split over subjects gives the same, that windows slide, and that people are found."""
