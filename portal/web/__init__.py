"""Pages, sign-in and the commands that run an installation."""
