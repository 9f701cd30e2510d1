"""How fast it is, in ratios: each module asks one question and prints, last, one JSON line."""
