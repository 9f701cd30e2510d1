"""The settings of one's own account, as a browser without scripts sees them."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from gpic.web.device_names import device_name
from tests.unit.provider.world import ALICE, ISSUER, NOW
from tests.unit.web.conftest import CODE, PASSWORD, Visitor, seen

pytestmark = pytest.mark.anyio

NEW = "four other words entirely"


async def at_home(visitor: Visitor, path: str = "/settings", **more: str) -> httpx2.Response:
    """From nothing through both factors to the page."""
    page = await visitor.onward(await visitor.client.get(path))
    page = await visitor.onward(await visitor.send(page, email=ALICE.email, password=PASSWORD, action="continue"))
    return await visitor.onward(await visitor.send(page, code=CODE, action="continue", **more))


async def press(visitor: Visitor, page: httpx2.Response, action: str, of: str) -> httpx2.Response:
    """One of the buttons that stand in forms of their own."""
    [form] = [
        one
        for one in seen(page).document.forms
        if one.xpath(".//*[@value=$action]", action=action) and one.fields.get("of") == of
    ]
    return await visitor.onward(await visitor.client.post(form.action, data={**dict(form.fields), "action": action}))


async def test_whoever_is_not_signed_in_signs_in_first(visitor: Visitor) -> None:
    """And comes back to the page that they wanted; no code of ours is in the address."""
    page = await at_home(visitor, "/settings/password")

    assert seen(page).has("new_password")
    assert "/settings/password" == page.url.path
    assert not page.url.query


async def test_a_session_from_a_login_serves(visitor: Visitor) -> None:
    """Single sign-on, as far as two factors were proved."""
    await visitor.sign_in()
    page = await visitor.client.get("/settings")

    assert ALICE.email in page.text


async def test_what_is_shared_is_shown_and_can_be_ended(visitor: Visitor) -> None:
    """N6: by partner, in a person's words."""
    await visitor.world.consents.agree(ALICE.subject, "partner", frozenset({"openid", "email"}), NOW)
    page = await at_home(visitor)
    assert "your email address" in seen(page).element("shared").text_content()

    page = await press(visitor, page, "stop-sharing", "partner")

    assert "None." in seen(page).element("shared").text_content()
    assert frozenset() == await visitor.world.consents.agreed(ALICE.subject, "partner")


async def test_a_remembered_device_needs_no_code(visitor: Visitor) -> None:
    """Cd: ticked once, the password alone signs in here, with both factors; until it is forgotten."""
    page = await at_home(visitor, remember="yes")
    assert "A browser" in seen(page).element("devices").text_content()
    sessions = [name for name in visitor.client.cookies if "session" in name]
    visitor.client.cookies.delete(sessions[0])

    again = await visitor.onward(await visitor.client.get("/settings"))
    page = await visitor.onward(await visitor.send(again, email=ALICE.email, password=PASSWORD, action="continue"))
    assert seen(page).has("devices")
    assert 1 == len(visitor.codes.sent)

    [device] = await visitor.devices.of(ALICE.subject, NOW)
    await press(visitor, page, "forget", device.id)
    visitor.client.cookies.delete(sessions[0])
    again = await visitor.onward(await visitor.client.get("/settings"))
    page = await visitor.onward(await visitor.send(again, email=ALICE.email, password=PASSWORD, action="continue"))
    assert seen(page).has("code")


async def test_a_device_that_was_stolen_is_signed_out_by_its_owner(visitor: Visitor) -> None:
    """Cd: from another browser; the stolen one is asked for password and code, and the owner's stays signed in."""
    await at_home(visitor, remember="yes")
    async with httpx2.AsyncClient(transport=visitor.transport, base_url=ISSUER) as elsewhere:
        owner = replace(visitor, client=elsewhere)
        page = await at_home(owner)
        [device] = await visitor.devices.of(ALICE.subject, NOW)
        page = await press(owner, page, "forget", device.id)
        still_here = await elsewhere.get("/settings")
    stolen = await visitor.onward(await visitor.client.get("/settings"))
    stolen = await visitor.onward(await visitor.send(stolen, email=ALICE.email, password=PASSWORD, action="continue"))

    assert "everybody who is signed in elsewhere" in page.text
    assert ALICE.email in still_here.text
    assert seen(stolen).has("code")
    assert ALICE.email not in stolen.text


async def test_a_device_is_remembered_only_when_that_was_ticked(visitor: Visitor) -> None:
    """Nobody leaves a key behind by mistake."""
    await at_home(visitor)

    assert () == await visitor.devices.of(ALICE.subject, NOW)
    assert not [name for name in visitor.client.cookies if "device" in name]


async def test_the_cookie_of_a_device_is_kept_for_as_long_as_it_serves(visitor: Visitor) -> None:
    """HttpOnly, Lax, under https Secure and `__Host-`; thirty days."""
    page = await visitor.onward(await visitor.client.get("/settings"))
    page = await visitor.onward(await visitor.send(page, email=ALICE.email, password=PASSWORD, action="continue"))
    answer = await visitor.send(page, code=CODE, remember="yes", action="continue")
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if "device" in one]

    assert cookie.startswith("__Host-gpic-device=")
    assert {"HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax", "Secure"} == set(cookie.split("; ")[1:])


async def test_a_password_is_changed(visitor: Visitor) -> None:
    """Mistakes are told beside their field; nothing that was typed comes back."""
    page = await at_home(visitor, "/settings/password")
    wrong = await visitor.send(page, password="wrong", new_password=NEW, action="change")
    weak = await visitor.send(wrong, password=PASSWORD, new_password="short", action="change")
    done = await visitor.onward(await visitor.send(weak, password=PASSWORD, new_password=NEW, action="change"))

    assert "The password is wrong" in seen(wrong).element("password-error").text_content()
    assert "too short" in seen(weak).element("new_password-error").text_content()
    assert "" == seen(weak).element("password").get("value", "") == seen(weak).element("new_password").get("value", "")
    assert "/settings" == done.url.path
    assert ["Your password was changed"] == [letter.subject for _, letter in visitor.post.kept]


async def test_a_phone_is_changed(visitor: Visitor) -> None:
    """Password, number, code; the page shows how the new one ends."""
    page = await at_home(visitor, "/settings/phone")
    unreadable = await visitor.send(page, phone="12", password=PASSWORD, action="ask")
    page = await visitor.send(unreadable, phone="07700 900982", password=PASSWORD, action="ask")
    wrong = await visitor.send(page, code="000000", action="change")
    done = await visitor.onward(await visitor.send(wrong, code=CODE, action="change"))

    assert "Enter a mobile phone number" in seen(unreadable).element("phone-error").text_content()
    assert "12" == seen(unreadable).element("phone").get("value")
    assert "wrong or has expired" in seen(wrong).element("code-error").text_content()
    assert "ends in 982" in done.text


@pytest.mark.parametrize("path", ["/settings", "/settings/password", "/settings/phone"])
async def test_a_form_from_elsewhere_does_nothing(visitor: Visitor, path: str) -> None:
    """Attack 6: without the token of this very session."""
    await at_home(visitor)
    answer = await visitor.client.post(path, data={"form_token": "0" * 64, "action": "sign-out", "of": "partner"})

    assert 403 == answer.status_code
    assert ALICE.email in (await visitor.client.get("/settings")).text


async def test_a_form_without_a_session_leads_to_the_sign_in(visitor: Visitor) -> None:
    """Nothing is done on the way."""
    answer = await visitor.client.post("/settings", data={"action": "stop-sharing", "of": "partner"})

    assert answer.headers["location"].startswith("/interaction/")


async def test_signing_out_ends_the_session(visitor: Visitor) -> None:
    """Here and for single sign-on."""
    page = await at_home(visitor)
    [form] = [one for one in seen(page).document.forms if one.xpath(".//*[@value='sign-out']")]
    answer = await visitor.client.post(form.action, data={**dict(form.fields), "action": "sign-out"})

    assert "You are signed out" in answer.text
    assert 303 == (await visitor.client.get("/settings")).status_code


async def test_a_button_that_a_page_does_not_have_shows_it_again(visitor: Visitor) -> None:
    """Nothing else happens."""
    page = await at_home(visitor, "/settings/phone")
    again = await visitor.send(page, action="forget")

    assert seen(again).has("phone")


async def test_a_form_that_cannot_be_read_is_refused(visitor: Visitor) -> None:
    """Too many fields."""
    await at_home(visitor)
    answer = await visitor.client.post("/settings", data={f"field{n}": "x" for n in range(20)})

    assert 400 == answer.status_code


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/128.0 Safari/537.36 Edg/128.0", "Edge on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/128.0 Safari/537.36 OPR/114.0", "Opera on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/128.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari on an iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/17.0 Safari/605.1", "Safari on a Mac"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_device_has_a_name_that_its_owner_knows(user_agent: str, name: str) -> None:
    """As much as can be told."""
    assert name == device_name(user_agent)
