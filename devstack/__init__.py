"""What `make run` starts: the product's processes and the servers they need, under one supervisor, on this machine."""
