"""A page is a chapter: page.py and its sections; widgets and layout, no maths."""
