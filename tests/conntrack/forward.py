"""What Linux does with packets: its connection tracking, asked through nftables.

Runs in a network namespace of its own (`unshare --net`), as its root. Reads
JSON lines: first the rules as nft has them, then the packets of each
connection, `{"out": bool, "bytes": hex}` each. A packet of the outside is put
into one interface, one of the inside into another; whether it comes out of the
other one is answered as a line of zeros and ones. Behind every packet goes one
that always passes, so nothing waits for what does not come.
"""

import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
# The packet that always passes: an experimental protocol, without a session.
SENTINEL = 253


def run(*words, text=None):
    subprocess.run(words, input=text, text=True, check=True)


def interface(name):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    run("ip", "link", "set", name, "up")
    return file


def set_up(rules):
    ends = [interface("outside"), interface("inside")]
    run("ip", "route", "add", "10.0.0.0/24", "dev", "inside")
    run("ip", "route", "add", "198.18.0.0/15", "dev", "outside")
    for name, value in [
        ("net/ipv4/ip_forward", 1),
        ("net/ipv4/conf/all/rp_filter", 0),
        ("net/ipv4/conf/inside/rp_filter", 0),
        ("net/ipv4/conf/outside/rp_filter", 0),
        # Sequence numbers and checksums are not what is asked about.
        ("net/netfilter/nf_conntrack_tcp_be_liberal", 1),
        ("net/netfilter/nf_conntrack_checksum", 0),
    ]:
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
            file.write(str(value))
    run("nft", "-f", "-", text=rules)
    return ends


def with_checksum(packet):
    header = packet[:10] + bytes(2) + packet[12:20]
    return packet[:10] + struct.pack("!H", checksum(header)) + packet[12:]


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def sentinel(number, out):
    source, destination = ("10.0.0.2", "198.18.0.1")
    if not out:
        source, destination = destination, source
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 24, 0, 0, 64, SENTINEL, 0) + ends
    return with_checksum(header + struct.pack("!I", number))


def passes(ends, packet, number):
    out = packet["out"]
    sender, receiver = (ends[1], ends[0]) if out else (ends[0], ends[1])
    os.write(sender, with_checksum(bytes.fromhex(packet["bytes"])))
    last = sentinel(number, out)
    os.write(sender, last)
    passed = False
    while True:
        if not select.select([receiver], [], [], 10)[0]:
            sys.exit("a packet that always passes did not come")
        came = os.read(receiver, 65536)
        if came[0] >> 4 == 4 and came[9] == SENTINEL:
            if came[20:24] == last[20:24]:
                return passed
        elif came[0] >> 4 == 4:
            passed = True


def main():
    ends = set_up(json.loads(sys.stdin.readline()))
    number = 0
    for line in sys.stdin:
        verdicts = ""
        for packet in json.loads(line):
            number += 1
            verdicts += "1" if passes(ends, packet, number) else "0"
        print(verdicts)


main()
