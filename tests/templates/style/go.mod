module goldpath.local/style

go 1.26.0
