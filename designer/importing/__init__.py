"""From the config.json of a published model to an entry of the catalog.

What all models say in one of a few ways is read by a file for each concept (`attention`, `layers`,
`feed_forward`, `ends`, `foreign`); where families of models differ is data, one file of `families` each.
"""
