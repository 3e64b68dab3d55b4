"""What a check is and what it sees. Nothing here, in `checks` or in `parsers` knows Django: it runs apart."""
