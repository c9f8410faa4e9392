"""The pictures of the sense page."""
