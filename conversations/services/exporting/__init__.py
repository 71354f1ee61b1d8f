"""A person's conversations as files: JSON with everything, Markdown and HTML to read. Streamed, never held whole."""
