"""Match footage to reference sites: evidence read from files, scored and explained."""

__version__ = "0.1.0.dev0"
