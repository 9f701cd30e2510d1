"""What the provider's doors take, as OpenAPI: the reference that calls are made from, good ones and bad ones."""

from __future__ import annotations

from typing import Final

TEXT: Final = {"type": "string"}
FORM: Final = "application/x-www-form-urlencoded"
ASKED: Final = {
    "client_id": {"type": "string", "enum": ["riverside-health", "conformance", "nobody"]},
    "redirect_uri": {"type": "string"},
    "response_type": {"type": "string", "enum": ["code", "token", "id_token"]},
    "scope": {"type": "string", "enum": ["openid", "openid profile", "openid gp_integration_credentials", "profile"]},
    "state": TEXT,
    "nonce": TEXT,
    "prompt": {"type": "string", "enum": ["none", "login", "consent", "none login"]},
    "vtr": {"type": "string", "enum": ['["P9.Cp.Cd"]', '["P0.Cp"]', "[]", "P9"]},
    "display": TEXT,
    "login_hint": {"type": "string", "enum": ["ada", "nobody", ""]},
    "code_challenge": TEXT,
    "code_challenge_method": {"type": "string", "enum": ["S256", "plain"]},
    "asserted_login_identity": TEXT,
    "request": TEXT,
    "max_age": {"type": "integer"},
}
ASKED_FOR_TOKENS: Final = {
    "grant_type": {"type": "string", "enum": ["authorization_code", "refresh_token", "client_credentials"]},
    "code": TEXT,
    "redirect_uri": TEXT,
    "client_assertion_type": {"type": "string", "enum": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "x"]},
    "client_assertion": TEXT,
    "client_id": TEXT,
    "refresh_token": TEXT,
    "scope": TEXT,
    "code_verifier": TEXT,
}
FILLED_IN: Final = {
    "form_token": TEXT,
    "action": {"type": "string", "enum": ["continue", "agree", "back", "create", "passkey", "remember", "cancel"]},
    "email": TEXT,
    "password": TEXT,
    "code": TEXT,
    "phone": TEXT,
    "passkey": TEXT,
    "nhs_number": TEXT,
    "birth_date": TEXT,
}
ANSWERS: Final = {"default": {"description": "Whatever comes of it."}}
BEARER: Final = {"name": "Authorization", "in": "header", "schema": TEXT}


def query(**properties: object) -> list[dict[str, object]]:
    """Parameters of a query, none of which must be there."""
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def form(properties: dict[str, object], *, required: tuple[str, ...] = ()) -> dict[str, object]:
    """A posted form."""
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": TEXT}
    return {"content": {FORM: {"schema": schema}}, "required": False}


def door(**more: object) -> dict[str, object]:
    """One operation."""
    return {"responses": ANSWERS, **more}


IN_PATH: Final = [{"name": "interaction_id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]

DOCUMENT: Final[dict[str, object]] = {
    "openapi": "3.1.0",
    "info": {"title": "The provider's doors", "version": "1"},
    "paths": {
        "/authorize": {"get": door(parameters=query(**ASKED)), "post": door(requestBody=form(dict(ASKED)))},
        "/token": {"post": door(requestBody=form(dict(ASKED_FOR_TOKENS), required=("grant_type",)))},
        "/userinfo": {
            "get": door(parameters=[BEARER, *query(access_token=TEXT)]),
            "post": door(parameters=[BEARER], requestBody=form({"access_token": TEXT})),
            "patch": door(
                parameters=[BEARER],
                requestBody={"content": {"application/json": {"schema": {"properties": {"client_user_metadata": TEXT}}}}},
            ),
        },
        "/interaction/{interaction_id}": {
            "get": door(parameters=IN_PATH),
            "post": door(parameters=IN_PATH, requestBody=form(dict(FILLED_IN))),
        },
        "/settings": {"get": door(), "post": door(requestBody=form(dict(FILLED_IN)))},
        "/settings/password": {"get": door(), "post": door(requestBody=form(dict(FILLED_IN)))},
        "/settings/phone": {"get": door(), "post": door(requestBody=form(dict(FILLED_IN)))},
        "/.well-known/openid-configuration": {"get": door(parameters=query(x=TEXT))},
        "/.well-known/jwks.json": {"get": door()},
        "/trustmark/{host}": {"get": door(parameters=[IN_PATH[0] | {"name": "host"}])},
    },
}
