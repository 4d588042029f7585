"""The server's security headers and allowed origins."""
