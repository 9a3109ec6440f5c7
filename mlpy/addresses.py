"""Addresses of hosts: one spelling for each, and which of them belong to the public internet (U2).

Everything that IANA's registries of special-purpose addresses set aside is not public: this machine, private and shared
networks, link-local and multicast addresses, documentation, tunnels that wrap another address, and the services that
clouds offer to their machines under public numbers.
"""

from __future__ import annotations

DIGITS = frozenset("0123456789")
HEX = DIGITS | frozenset("abcdef")
# (first address, length of the prefix)
SPECIAL_4 = (
    ("0.0.0.0", 8),  # noqa: S104  nothing is bound to it
    ("10.0.0.0", 8), ("100.64.0.0", 10), ("127.0.0.0", 8), ("168.63.129.16", 32), ("169.254.0.0", 16), ("172.16.0.0", 12),
    ("192.0.0.0", 24), ("192.0.2.0", 24), ("192.31.196.0", 24), ("192.52.193.0", 24), ("192.88.99.0", 24), ("192.168.0.0", 16), ("192.175.48.0", 24),
    ("198.18.0.0", 15), ("198.51.100.0", 24), ("203.0.113.0", 24), ("224.0.0.0", 4), ("240.0.0.0", 4),
)  # fmt: skip
GLOBAL_6 = (0x2 << 124, 3)  # 2000::/3
SPECIAL_6 = ((0x2001 << 112, 23), (0x20010DB8 << 96, 32), (0x2002 << 112, 16), (0x2620004F8000 << 80, 48), (0x3FFF << 112, 20))
NAT64 = (0x64FF9B << 96, 96)  # how networks of version 6 alone name an address of version 4


def is_number(label: str) -> bool:
    """Whether some programs would read a host that ends in this label, in lower case, as an address."""
    return DIGITS.issuperset(label) or (label[:2] == "0x" and HEX.issuperset(label[2:]))


def is_version_4(host: str) -> bool:
    """Whether a host is four numbers from 0 to 255, none with a needless zero, which some programs read as octal."""
    parts = host.split(".")
    return len(parts) == 4 and all(part and DIGITS.issuperset(part) and len(part) < 4 and int(part) < 256 and (part == "0" or part[0] != "0") for part in parts)


def is_address(host: str) -> bool:
    """Whether a host in its one spelling is an address, not a name."""
    return ":" in host or is_version_4(host)


def plain(text: str) -> str | None:
    """An address in its one short spelling, without brackets; None for text that is none.

    An address of version 6 that only wraps one of version 4 is that; one with the zone of a machine is none.
    """
    if ":" not in text:
        return text if is_version_4(text) else None
    from ipaddress import AddressValueError, IPv6Address  # noqa: PLC0415  5 ms, and few hosts are written so

    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    return None if address.scope_id else str(address.ipv4_mapped or address)


def is_public(address: str) -> bool:
    """Whether an address in its one spelling is one that anybody on the internet may reach."""
    if ":" not in address:
        return public_4(number_4(address))
    from ipaddress import IPv6Address  # noqa: PLC0415  as above

    number = int(IPv6Address(address))
    if within(number, *NAT64, 128):
        return public_4(number & 0xFFFFFFFF)
    return within(number, *GLOBAL_6, 128) and not any(within(number, first, length, 128) for first, length in SPECIAL_6)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine itself."""
    return address.startswith("127.") or address == "::1"


def number_4(address: str) -> int:
    """Four numbers as one."""
    return int.from_bytes(bytes(map(int, address.split("."))))


def public_4(number: int) -> bool:
    """Whether an address of version 4 lies outside of every special range."""
    return not any(within(number, number_4(first), length, 32) for first, length in SPECIAL_4)


def within(number: int, first: int, length: int, size: int) -> bool:
    """Whether the first bits of a number of a size are those of another."""
    return number >> (size - length) == first >> (size - length)
