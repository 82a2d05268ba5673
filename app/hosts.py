"""Which hosts are this machine itself. Looks nothing up."""

from ipaddress import ip_address


def is_this_machine(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
