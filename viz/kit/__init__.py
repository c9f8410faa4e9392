"""What every chapter stands on: errors, text, paths, tables, projection, colours. Imports nothing of ours."""
