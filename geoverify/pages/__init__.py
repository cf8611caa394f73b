"""Reports as a page that people read: one HTML file or a folder of them, which loads nothing from outside."""
