"""Prices and grids: what moves with the market or the site, whatever it was read from."""

from constraints.quantity import Record

INPUTS = (
    Record(
        "rental_rate",
        title="Price of renting one node",
        market=True,
        unknown="give pricing.price, or another provider or tenure",
    ),
    Record(
        "purchase_price",
        title="Price of one accelerator",
        market=True,
        unknown="give pricing.purchase",
    ),
    Record(
        "electricity_price",
        title="Price of electricity",
        market=True,
        unknown="give pricing.electricity or a site with electricity",
    ),
    Record("carbon_intensity", title="Carbon of the electricity, for each unit of energy", market=True),
    Record("pue", title="Energy of the site per energy of the machines", market=True, least=1.0),
    Record(
        "water_usage",
        title="Water used on site, for each unit of energy of the machines",
        unknown="give a site with water_usage",
    ),
)
