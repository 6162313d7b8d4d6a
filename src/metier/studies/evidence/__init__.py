"""What the trials of a study show together: means over seeds, tests, shift, errors, findings."""
