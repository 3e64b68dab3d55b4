"""The local forge: bare repositories in the data folder, served over HTTP by git's own http-backend."""
