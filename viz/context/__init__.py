"""One word in many sentences: its occurrences, their vectors, its senses."""
