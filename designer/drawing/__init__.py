"""Pictures as data: marks on a sheet, and the pictures made of them. Nothing here knows a scenario."""
