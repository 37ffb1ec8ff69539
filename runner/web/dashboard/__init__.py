"""What the pages are drawn with: templates, tables of how things look, and files that browsers load."""
