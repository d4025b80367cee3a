"""Launch lines and files that people have, as designs: text is read and never run."""
