"""Views of the pages, one file per part of the portal."""
