"""Work on untrusted bytes in supervised child processes: lines in, lines out, and nothing known of what they mean."""
