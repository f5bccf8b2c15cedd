"""Parameters and answers, one file for each namespace."""
