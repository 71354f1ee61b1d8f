"""The account pages that are ours; the others are the sign-in library's."""
