"""Conversations from files: our own export, ChatGPT's and Open WebUI's. What is read is not to be trusted."""
