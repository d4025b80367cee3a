"""Quantities that are given and have something to say: one `Record` each, by topic.

A module's `INPUTS` are found by walking. What no rule makes and nothing is said of needs no line here;
the unit of an input is that of the rules that read it.
"""
