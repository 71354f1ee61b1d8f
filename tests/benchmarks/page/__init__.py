"""The pages in Chromium: what is fetched, how soon it shows, how it moves while an answer streams."""
