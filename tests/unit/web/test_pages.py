"""Sign-in, one-time code, consent and step-up, as a simple HTML engine goes through them."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from gpic.provider.identity.contacts import Contact
from tests.unit.provider.world import ALICE, CALLBACK, raw
from tests.unit.web.conftest import CODE, PASSWORD, Visitor, seen

pytestmark = pytest.mark.anyio

BANNER = "This is a simulator of NHS login for testing. It is not the real service. Use only synthetic people."


async def test_two_factors_and_consent_lead_back_with_a_code(visitor: Visitor) -> None:
    """Sign in, code, agree: each form is answered by 303, the last leads to the partner with code and state."""
    consent = await visitor.onward(await visitor.sign_in())
    shared = seen(consent).element("shared").findall("li")
    end = await visitor.send(consent, action="agree")

    query = dict(parse_qsl(urlsplit(end.headers["location"]).query))
    assert 2 == len(shared)
    assert (303, "a state") == (end.status_code, query["state"])
    assert end.headers["location"].startswith(f"{CALLBACK}?")
    assert "code" in query


async def test_who_does_not_agree_is_sent_back(visitor: Visitor) -> None:
    """`nhs-login` §8: refusal is access_denied."""
    consent = await visitor.onward(await visitor.sign_in())

    end = await visitor.send(consent, action="decline")

    assert "access_denied" == dict(parse_qsl(urlsplit(end.headers["location"]).query))["error"]


async def test_a_browser_that_is_signed_in_is_not_asked_again(visitor: Visitor) -> None:
    """Single sign-on: with the session cookie and consent given, /authorize answers at once."""
    await visitor.send(await visitor.onward(await visitor.sign_in()), action="agree")

    again = await visitor.client.get("/authorize", params=dict(raw(state="another")))

    assert again.headers["location"].startswith(CALLBACK)


@pytest.mark.parametrize(("email", "password"), [(ALICE.email, "wrong"), ("nobody@mail.example", PASSWORD), ("", "")])
async def test_a_wrong_answer_says_nothing_about_the_account(visitor: Visitor, email: str, password: str) -> None:
    """The same sentence for a wrong password and an unknown address; the title says Error; the address stays."""
    page = await visitor.send(await visitor.arrive(), email=email, password=password, action="continue")

    shown = seen(page)
    assert (shown.document.findtext(".//title") or "").startswith("Error: ")
    assert "The email address or the password is wrong" in shown.text
    assert email == shown.element("email").get("value", "")
    assert PASSWORD not in page.text


async def test_an_address_is_read_in_any_case(visitor: Visitor) -> None:
    """E-mail addresses are compared in lower case."""
    page = await visitor.arrive()

    answer = await visitor.send(page, email=f" {ALICE.email.upper()} ", password=PASSWORD, action="continue")

    assert 303 == answer.status_code
    assert [Contact.phone(ALICE.phone)] == visitor.codes.sent


async def test_the_fifth_wrong_answer_ends_it(visitor: Visitor) -> None:
    """Passwords and codes count together; afterwards even the right one is refused."""
    page = await visitor.arrive()
    for _ in range(4):
        page = await visitor.send(page, email=ALICE.email, password="wrong", action="continue")
    first = page
    over = await visitor.send(page, email=ALICE.email, password="wrong", action="continue")
    right = await visitor.send(first, email=ALICE.email, password=PASSWORD, action="continue")

    assert (403, 403) == (over.status_code, right.status_code)
    assert "There were too many wrong answers" in over.text
    assert [] == visitor.codes.sent


async def test_a_wrong_code_is_told_and_counted(visitor: Visitor) -> None:
    """The code page again, with an error that leads to the field."""
    page = await visitor.onward(
        await visitor.send(await visitor.arrive(), email=ALICE.email, password=PASSWORD, action="continue")
    )

    again = await visitor.send(page, code="000000", action="continue")

    assert "The security code is wrong or has expired" in again.text
    assert seen(again).document.xpath("//a[@href='#code']")
    assert 303 == (await visitor.send(again, code=CODE, action="continue")).status_code


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
async def test_a_form_from_elsewhere_does_nothing(visitor: Visitor, token: str) -> None:
    """Attacks 6: without the page's own token nothing is checked and nobody is signed in."""
    page = await visitor.arrive()

    answer = await visitor.send(page, email=ALICE.email, password=PASSWORD, action="continue", form_token=token)

    assert 403 == answer.status_code
    assert [] == visitor.codes.sent


async def test_another_browser_cannot_take_a_page_over(visitor: Visitor) -> None:
    """The interaction belongs to the browser that began it."""
    page = await visitor.arrive()
    visitor.client.cookies.clear()

    assert 410 == (await visitor.client.get(str(page.url))).status_code


async def test_a_page_expires(visitor: Visitor) -> None:
    """After half an hour the page says so, and what to do."""
    page = await visitor.arrive()
    visitor.world.wire.move(timedelta(minutes=31))

    gone = await visitor.client.get(str(page.url))

    assert 410 == gone.status_code
    assert "Go back to the service that you want to use" in gone.text


async def test_a_session_gets_a_new_id_at_sign_in(visitor: Visitor) -> None:
    """Fixation: a cookie that was planted before is replaced; ours is HttpOnly, Lax, Secure and bound to the host."""
    visitor.client.cookies.set("__Host-gpic-session", "planted")

    answer = await visitor.sign_in()

    (cookie,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-gpic-session=")]
    assert "planted" not in cookie
    assert {"httponly", "samesite=lax", "secure", "path=/"} <= {part.strip().lower() for part in cookie.split(";")[1:]}


async def test_a_button_that_a_page_does_not_have_shows_it_again(visitor: Visitor) -> None:
    """Pressing "agree" on the sign-in page gets nobody anywhere."""
    answer = await visitor.send(await visitor.arrive(), action="agree")

    assert 200 == answer.status_code
    assert "password" in answer.text


async def test_who_is_not_proved_well_enough_can_go_back(visitor: Visitor) -> None:
    """J19, N5: a vtr above the account's level leads to the step-up page, which offers the way back."""
    step_up = await visitor.step_up()

    end = await visitor.send(step_up, action="decline")

    assert "Show a photo of yourself" in step_up.text
    assert "access_denied" == dict(parse_qsl(urlsplit(end.headers["location"]).query))["error"]


async def test_every_page_is_plainly_a_simulators_and_asks_nothing_of_others(visitor: Visitor) -> None:
    """The banner on every page; our own assets only; no logo, no link to another host."""
    first = await visitor.arrive()
    code = await visitor.onward(await visitor.send(first, email=ALICE.email, password=PASSWORD, action="continue"))
    consent = await visitor.onward(await visitor.send(code, code=CODE, action="continue"))
    nowhere = await visitor.client.get("/authorize")

    for page in (first, code, consent, nowhere):
        shown = seen(page)
        assert BANNER in shown.text
        assert [] == re.findall(r"(?:href|src)=[\"']?https?:", page.text)
        assert [] == shown.document.xpath("//*[contains(@class, 'logo')]")
        assert "en" == shown.document.get("lang")


async def test_every_answer_carries_its_headers(visitor: Visitor) -> None:
    """Attacks 7, 8: no framing, no caching, no referrer, on pages, refusals and redirects."""
    first = await visitor.arrive()
    wrong = await visitor.send(first, email=ALICE.email, password="wrong", action="continue")
    forged = await visitor.send(first, form_token="forged")
    onward = await visitor.send(first, email=ALICE.email, password=PASSWORD, action="continue")
    gone = await visitor.client.get("/interaction/unknown")

    assert (200, 200, 403, 303, 410) == tuple(one.status_code for one in (first, wrong, forged, onward, gone))
    for answer in (first, wrong, forged, onward, gone):
        assert ("DENY", "no-store", "no-referrer", "nosniff") == (
            answer.headers["x-frame-options"],
            answer.headers["cache-control"],
            answer.headers["referrer-policy"],
            answer.headers["x-content-type-options"],
        )


async def test_a_page_admits_its_own_assets_and_the_way_to_the_partner_alone(visitor: Visitor) -> None:
    """Attacks 7: one script, by a nonce that is new each time; a form may lead here or to the validated partner."""
    page, other = await visitor.arrive(), await visitor.arrive()
    told = await visitor.client.get("/interaction/unknown")

    scripts = seen(page).document.xpath("//script")
    (nonce,) = {script.get("nonce") for script in scripts}
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"script-src 'self' 'nonce-{nonce}';" in policy
    assert nonce not in other.text
    assert "form-action 'self' https://partner.example;" in policy
    assert "form-action 'self';" in told.headers["content-security-policy"]
    for directive in ("frame-ancestors 'none'", "base-uri 'none'"):
        assert directive in policy
    assert "unsafe" not in policy


async def test_browsers_and_their_keepers_of_passwords_know_each_field(visitor: Visitor) -> None:
    """Labels, autocomplete and stable names: `email`, `password`, `code`; the code brings a keyboard of digits."""
    first = await visitor.arrive()
    second = await visitor.onward(await visitor.send(first, email=ALICE.email, password=PASSWORD, action="continue"))

    for page, name, autocomplete in (
        (first, "email", "username"),
        (first, "password", "current-password"),
        (second, "code", "one-time-code"),
    ):
        entry = seen(page).element(name)
        assert (name, autocomplete) == (entry.get("name"), entry.get("autocomplete"))
        assert 1 == len(seen(page).document.xpath(f"//label[@for='{name}']"))
    assert "numeric" == seen(second).element("code").get("inputmode")


class TestPartnerWithMarkup:
    """A partner whose name is markup."""

    @pytest.fixture
    def client_changes(self) -> dict[str, object]:
        """The name as somebody registered it."""
        return {"name": "<script>alert(1)</script>"}

    async def test_a_name_is_text_and_nothing_else(self, visitor: Visitor) -> None:
        """Whatever a partner is called, every page that names it shows it as text."""
        sign_in = await visitor.arrive()
        consent = await visitor.onward(await visitor.sign_in())
        step_up = await visitor.step_up()

        for page in (sign_in, consent, step_up):
            assert "<script>alert" not in page.text
            assert "&lt;script&gt;" in page.text
