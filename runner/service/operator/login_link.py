"""A code that logs a browser in once, as the person who asks for it at the command line."""

from datetime import timedelta

from runner.model.access.session import Identity, LoginCode, new_code
from runner.model.access.token import digest_of
from runner.model.approval.approval import Person
from runner.ports.control import ControlPorts

MINUTES = 10


def login_code(control: ControlPorts, person: Person) -> str:
    """Good for a few minutes, with all the rights of whoever can open the database."""
    code = new_code()
    identity = Identity(person.name, "link", (f"unix:{person.name}",), host=True)
    until = control.clock.now() + timedelta(minutes=MINUTES)
    with control.store.writing() as writer:
        writer.add_login_code(LoginCode(digest_of(code), identity, until))
        writer.audit_note(person.name, "login.link", person.name, {"known_by": person.known_by})
    return code
