"""The other end of a line: gives its answers in turn and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx2
from hypothesis import strategies as st

from gpic.outbound import open_client

Answer = httpx2.Response | Exception
Json = Mapping[str, object] | list[object] | str

#: Field names that the adapters read.
NAMES = (
    "EndUserSessionId",
    "SessionId",
    "UserPatientLinks",
    "UserPatientLinkToken",
    "AssociationType",
    "ApplicationLinkLevel",
    "AccessIdentityGuid",
    "AccountId",
    "LinkageKey",
    "Message",
    "InternalResponseCode",
    "Exceptions",
    "ModelState",
    "Surname",
    "DateOfBirth",
    "PatientIdentifiers",
    "IdentifierType",
    "IdentifierValue",
    "id",
    "name",
    "birthDate",
    "generalPractitioner",
    "meta",
    "extension",
    "issue",
    "details",
    "coding",
    "access_token",
    "expires_in",
)
#: Whatever a supplier, or something between, may send: noise, near-JSON, near-XML.
JSON_TEXTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
).map(json.dumps)
XML_TEXTS = st.builds(
    "<{0} {1}='{2}' suid='x'><User><Person><NationalId type='{2}'>{3}</NationalId></Person></User></{0}>".format,
    st.sampled_from(["Error", "LinkAccountReply", "AuthenticateReply", "LogoffReply", "html", "a:b", "!DOCTYPE"]),
    st.sampled_from(["errorCode", "accountId", "passphrase", "passphraseToLink", "onlineUserId"]),
    st.text(max_size=12) | st.integers().map(str),
    st.text(max_size=12),
)
BODIES = st.binary(max_size=60) | JSON_TEXTS.map(str.encode) | XML_TEXTS.map(lambda text: text.encode("utf-8", "replace"))
HEADERS = st.dictionaries(
    st.sampled_from(["suid", "Retry-After", "Date", "Content-Encoding", "Content-Type", "Location", "Set-Cookie"]),
    st.binary(max_size=12) | st.sampled_from([b"gzip", b"-5", b"3", b"Mon, 01 Jan 2035 00:00:00 GMT"]),
    max_size=3,
)
RESPONSES = st.builds(
    lambda status, headers, body: httpx2.Response(
        status, headers=[(name.encode(), value) for name, value in headers.items()], stream=httpx2.ByteStream(body)
    ),
    st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503]) | st.integers(200, 599),
    HEADERS,
    BODIES,
)


class Line:
    """Answers in turn, the last one for ever; an exception among them is raised."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """The next answer."""
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A response is read once; the last one may be wanted again.
        return httpx2.Response(answer.status_code, headers=answer.headers.raw, stream=answer.stream)

    def client(self, base_url: str = "https://gp.test/api") -> httpx2.AsyncClient:
        """A client whose other end this is."""
        return open_client(base_url, transport=httpx2.MockTransport(self))

    @property
    def paths(self) -> list[str]:
        """Where each question went."""
        return [request.url.path for request in self.asked]


def said(status: int, body: Json | bytes, **headers: str) -> httpx2.Response:
    """A reply with this body, JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()}, content=content)
