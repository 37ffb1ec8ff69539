"""What a person is shown: frozen values, built from the records and the settings, that the terminal and every other face draw.

A row is one line of a list, a page is all of one thing. Their JSON is what `-o json` prints.
"""
