"""Language models: the next word from the left, the one before from the right, and how much each word surprises."""
