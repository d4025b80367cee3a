"""Many workloads on one fleet: shared inventories, sites and budgets, chosen for jointly."""
