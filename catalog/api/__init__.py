"""The REST surface of the catalog, in Backstage's wire shapes."""
