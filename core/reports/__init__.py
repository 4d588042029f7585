"""Reports to hand out: one HTML file each, which needs no server and no network."""
