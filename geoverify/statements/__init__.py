"""Testimony against located footage, by site and time; who spoke is never read, shown or stored."""
