"""The patient of the worked examples (`gp-systems.md` §3.7)."""

from __future__ import annotations

from gpic.credentials.ports import Applicant
from gpic.nhs.credentials import Demographics, GpCredentials
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret

PRACTICE = OdsCode("A12345")
NUMBER = NhsNumber("9990001111")
ADA = Demographics("Okafor", "1984-02-17")
APPLICANT = Applicant(NUMBER, PRACTICE, ADA, Secret("<identity JWT>"), "ada@example.test", "07000000000")
EMIS_DETAILS = GpCredentials("2917340058", PRACTICE, Secret("kT4m9XqZ2bLp"))
TPP_DETAILS = GpCredentials("501772913", PRACTICE, Secret("q7f2!w/9dk4"))
#: None of these may show in a log or a repr.
SECRETS = ("kT4m9XqZ2bLp", "6b1f2c3e", "q7f2!w/9dk4", "Zt5", "9990001111", "Okafor", "<identity JWT>", "ada@example.test")
