"""The people of the demonstration. None of them exists; their phones ring in a range that is kept for drama."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.nhs.organisations import OdsCode
from gpic.simulators.ids import synthetic_numbers
from gpic.simulators.people import Patient, PdsRecord, Standing
from gpic.simulators.world import World

#: Code, name, supplier.
PRACTICES: Final = (
    ("A99901", "Meadowbank Surgery", "emis"),
    ("A99902", "Harbour Lane Practice", "emis"),
    ("B99901", "Old Mill Medical Centre", "tpp"),
    ("B99902", "Cedar House Surgery", "tpp"),
    ("C99901", "Juniper Street Surgery", "medicus"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One row of the cast. *born* is a birth date, or an age in years as of today in the world."""

    slug: str
    name: tuple[str, str, str]  #: title, given name, family name
    born: str | int
    sex: str
    practice: str  #: what PDS names
    account: bool = False
    level: str = "P9"
    registered: bool = True  #: whether that practice's system has them
    standing: Standing = Standing.REGISTERED  #: how it has them
    shown_as: str = ""  #: slug of whom it shows in this one's place


CAST: Final = (
    Part("ada", ("Ms", "Ada", "Okafor"), "1984-02-17", "female", "A99901", account=True),
    Part("ben", ("Mr", "Ben", "Whitlock"), "1979-11-03", "male", "A99901"),
    Part("cleo", ("Mrs", "Cleo", "Marchetti"), "1966-07-29", "female", "B99901", account=True),
    Part("dan", ("Mr", "Dan", "Adeyemi"), "1991-04-12", "male", "B99901"),
    Part("eve", ("Miss", "Eve", "Lindqvist"), "1988-09-21", "female", "A99902", registered=False),
    Part("fay", ("Miss", "Fay", "Brackenridge"), 14, "female", "A99902"),
    Part("gus", ("Mr", "Gus", "Penhaligon"), "1955-01-30", "male", "A99902", account=True),
    Part("hal", ("Dr", "Hal", "Nakamura"), "1972-12-08", "male", "B99902", account=True),
    Part("ivy", ("Ms", "Ivy", "Castellane"), "1995-06-14", "female", "A99901", account=True, level="P5"),
    Part("jon", ("Mr", "Jon", "Fairweather"), "2001-03-05", "male", "A99901", level="P0"),
    Part("kit", ("Mr", "Kit", "Solano"), "1990-10-05", "male", "C99901", account=True),
    Part("lou", ("Ms", "Lou", "Ferreira"), "1969-05-23", "female", "C99901"),
    Part("mia", ("Ms", "Mia", "Oduya"), "1948-08-19", "female", "A99902", account=True, standing=Standing.ARCHIVED),
    Part("ned", ("Mr", "Ned", "Castlemaine"), "1983-02-09", "male", "A99902", standing=Standing.SEVERAL_RECORDS),
    Part("ola", ("Mrs", "Ola", "Brandvold"), "1936-12-24", "female", "A99902", standing=Standing.NON_COMPETENT),
    Part("pip", ("Miss", "Pip", "Tregarthen"), 14, "female", "B99902", account=True),
    Part("rex", ("Mr", "Rex", "Amankwah"), "1977-06-02", "male", "B99902", account=True, shown_as="hal"),
    Part("una", ("Ms", "Una", "Delacroix"), "1999-01-17", "female", "B99902", standing=Standing.UNMATCHED),
)


def furnish(world: World) -> None:
    """Put practices and cast into an empty world; raises AlreadyThere where it is not empty."""
    for code, name, supplier in PRACTICES:
        world.add_practice(code, name, supplier)
    numbers = synthetic_numbers()
    for place, part in enumerate(CAST):
        title, given_name, family_name = part.name
        patient = Patient(
            slug=part.slug,
            number=next(numbers),
            practice=OdsCode(part.practice) if part.registered else None,
            given_name=given_name,
            family_name=family_name,
            birth_date=birth_date(world, part.born),
            title=title,
            sex=part.sex,
            email=f"{part.slug}@example.test",
            phone=f"07700900{place + 101}",
            level=part.level,
            standing=part.standing,
            shown_as=part.shown_as,
            pds=PdsRecord(practice=part.practice),
        )
        world.add_patient(patient, account=part.account)


def birth_date(world: World, born: str | int) -> str:
    """A date as it stands, or the first of January of so many years ago."""
    if isinstance(born, str):
        return born
    return f"{world.clocks.world.now().year - born}-01-01"
