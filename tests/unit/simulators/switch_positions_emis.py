"""What a caller of EMIS sees at each position of each switch (A and E of the assumptions register)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from gpic.simulators.emis import AlreadyLinked, Generation, LiftedBy, RestrictedShownAs, SessionShape
from gpic.simulators.faults import Fault, Kind
from gpic.simulators.limits import Limit, Limits
from tests.unit.simulators.emis_looks import (
    LATE,
    TEENAGER,
    act_for_somebody,
    after_25_minutes,
    after_throwing,
    another_session,
    any_token_will_do,
    associations,
    at,
    created,
    failures_until_locked,
    how_long,
    key_after_expiry,
    key_after_reset,
    last_access,
    lifted,
    linked,
    linked_again,
    linked_as_issued,
    linked_with_a_wrong_key,
    linked_with_everything_wrong,
    lost_session,
    number_shown,
    open_session_of_an_archived_record,
    other_version,
    reset,
    retrieved,
    session_of_the_reset,
    session_with_a_dead_token,
    seven_sessions,
    somebodys_keys,
    strange_application,
    verified_after_wrong_keys,
    verified_by_another,
)
from tests.unit.simulators.switch_positions import Switch, as_it_starts, emis, world
from tests.unit.simulators.town import Town

POSITIONS: Final[Mapping[str, Switch[Town]]] = {
    "A2": at(
        after_throwing(key_after_expiry),
        another_key=(as_it_starts, False),
        the_dead_key_again=(world(retrieve_renews=False), True),
    ),
    "A3": at(
        after_throwing(failures_until_locked),
        after_five=(as_it_starts, 5),
        after_two=(world(failures_until_locked=2), 2),
        never=(world(failures_until_locked=None), None),
    ),
    "A4": at(
        after_throwing(verified_after_wrong_keys),
        not_counted=(as_it_starts, 409),
        counted=(world(wrong_details_count=True), 400),
    ),
    "A5": at(
        after_throwing(partial(linked, Surname=" OKAFOR")),
        case_and_spaces_do_not_matter=(as_it_starts, (201, 0)),
        letter_for_letter=(world(surnames_exact=True), (400, -1106)),
    ),
    "A6": at(
        after_throwing(retrieved),
        may_be_had_again=(lambda town: town.world.revoke_access("ada"), (404, -1104)),
        for_good=(lambda town: town.world.revoke_access("ada", may_register_again=False), (400, -1107)),
    ),
    "A7": at(
        Switch(open_session_of_an_archived_record, {}),
        ends=(as_it_starts, "3"),
        goes_on=(world(archiving_ends_sessions=False), ""),
    ),
    "A9": at(after_throwing(associations), nobody=(as_it_starts, ["Self"]), somebody=(act_for_somebody, ["Self", "Proxy"])),
    "A11": at(
        after_throwing(how_long),
        at_once=(as_it_starts, False),
        late=(lambda town: town.faults.set(Fault(Kind.DELAY, "EMIS", seconds=LATE)), True),
    ),
    "E1": at(
        after_throwing(linked_again),
        succeeds=(as_it_starts, 201),
        _400=(emis(already_linked=AlreadyLinked.BAD_REQUEST), 400),
        _500=(emis(already_linked=AlreadyLinked.SERVER_ERROR), 500),
        _409=(emis(already_linked=AlreadyLinked.CONFLICT), 409),
    ),
    "E2": at(
        after_throwing(linked_with_a_wrong_key),
        newer=(as_it_starts, (400, -1105)),
        older=(emis(generation=Generation.OLDER), (500, -1002)),
    ),
    "E3": at(
        Switch(partial(reset, see=session_of_the_reset), {}),
        level=(as_it_starts, (200, "Restricted")),
        _403=(emis(restricted=RestrictedShownAs.FORBIDDEN), (403, "")),
        _500=(emis(restricted=RestrictedShownAs.SERVER_ERROR), (500, "")),
    ),
    "E4": at(
        Switch(partial(reset, see=lifted), {}),
        **{"a fresh sign-in": (as_it_starts, "Restricted")},
        any_verification=(emis(lifted_by=LiftedBy.ANY_VERIFICATION), "Linked"),
    ),
    "E5": at(
        Switch(partial(reset, see=linked), {}),
        refused=(as_it_starts, (403, -1030)),
        linked=(emis(linking_while_restricted=True), (201, 0)),
    ),
    "E6": at(
        Switch(partial(reset, see=session_of_the_reset), {}),
        restricts=(lambda town: town.world.reset_account("ada"), (200, "Restricted")),
        drops=(lambda town: town.world.reset_account("ada", drops_links=True), (403, "")),
    ),
    "E7": at(
        Switch(key_after_reset, {}),
        the_same_key=(lambda town: town.world.reset_account("ada"), True),
        another_key=(lambda town: town.world.reset_account("ada", rotates_key=True), False),
    ),
    "E8": at(
        after_throwing(verified_by_another),
        for_each_application=(as_it_starts, 201),
        once_for_all=(emis(verified_once_for_all=True), 409),
    ),
    "E9": at(
        after_throwing(retrieved, born=TEENAGER),
        _13=(as_it_starts, (201, 0)),
        _16=(emis(youngest_to_retrieve=16), (400, -1553)),
    ),
    "E10": at(
        after_throwing(created),
        **{"-1110": (as_it_starts, (409, -1110)), "0": (emis(account_exists_code=0), (409, 0))},
    ),
    "E11": at(after_throwing(strange_application), _403=(as_it_starts, 403), _401=(emis(stranger_status=401), 401)),
    "E12": at(after_throwing(lost_session), _401=(as_it_starts, 401), _400=(emis(session_loss_status=400), 400)),
    "E13": at(Switch(any_token_will_do, {}), a_source_of_keys=(lambda _: somebodys_keys, 403), none=(as_it_starts, 201)),
    "E14": at(
        after_throwing(linked_with_everything_wrong),
        key_first=(as_it_starts, (400, -1105)),
        demographics_first=(emis(demographics_first=True), (400, -1106)),
    ),
    "E15": at(after_throwing(linked), _20=(as_it_starts, (201, 0)), _5=(emis(longest_account_id=5), (400, -1017))),
    "E16": at(after_throwing(linked), _64=(as_it_starts, (201, 0)), _5=(emis(longest_linkage_key=5), (400, -1017))),
    "E17": at(after_throwing(linked), _100=(as_it_starts, (201, 0)), _5=(emis(longest_surname=5), (400, -1017))),
    "E18": at(
        after_throwing(session_with_a_dead_token),
        never=(as_it_starts, ["NotRegistered"]),
        of_a_dead_link=(emis(dead_links_not_linked=True), ["NotLinked"]),
    ),
    "E20": at(
        after_throwing(after_25_minutes),
        _20_minutes=(as_it_starts, 401),
        _30_minutes=(emis(session_lifetime=timedelta(minutes=30)), 201),
    ),
    "E21": at(
        after_throwing(last_access),
        classic=(as_it_starts, ["LastAccessTime"]),
        newer=(emis(session_shape=SessionShape.NEWER), ["LastAccessTimestamp"]),
    ),
    "E22": at(
        after_throwing(created, born=TEENAGER, account=False),
        _16=(as_it_starts, (400, -1553)),
        _13=(emis(youngest_to_create=13), (201, 0)),
    ),
    "E23": at(
        after_throwing(linked_as_issued, born=TEENAGER),
        _13=(as_it_starts, (201, 0)),
        _16=(emis(youngest_to_link=16), (400, -1553)),
    ),
    "E24": at(after_throwing(linked), _201=(as_it_starts, (201, 0)), _200=(emis(linking_status=200), (200, 0))),
    "E25": at(after_throwing(other_version), any=(as_it_starts, 200), _1=(emis(api_version="1"), 400)),
    "E26": at(after_throwing(another_session), given=(as_it_starts, 200), refused=(emis(end_user_sessions_refused=True), 403)),
    "E27": at(after_throwing(number_shown), digits=(as_it_starts, 0), groups=(emis(spaced_numbers=True), 2)),
    "E28": at(
        after_throwing(seven_sessions),
        none=(as_it_starts, 7),
        five_in_a_minute=(emis(limits=Limits(app_quota=Limit(5))), 5),
    ),
}
