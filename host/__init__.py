"""One machine, many people: jobs in a queue, and what happens before anybody visits."""
