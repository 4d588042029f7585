"""The server's edge: headers and origins."""
