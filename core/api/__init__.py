"""The REST API, in the same server as the pages."""
