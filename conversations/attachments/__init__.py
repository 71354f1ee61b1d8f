"""Files that people attach: what they are, and what of them goes into a prompt.

Knows nothing of Django nor of this app. `reader.FileReader` is what others use: it reads each file in a process of its
own, since files are hostile until proven otherwise and parsers have faults.
"""
