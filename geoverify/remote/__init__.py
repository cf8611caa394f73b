"""Files elsewhere, named by URLs: listed and fetched by a child of its own, staged for the worker, deleted afterwards."""
