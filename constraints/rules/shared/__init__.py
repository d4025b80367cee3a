"""Rules of every job: architecture, devices, energy, carbon, cost."""
