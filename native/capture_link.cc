/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_link.h"

namespace countfree {

namespace {

constexpr uint16_t kEtherIpv4 = 0x0800;
constexpr uint16_t kEtherIpv6 = 0x86dd;
constexpr uint16_t kEtherMpls = 0x8847;
constexpr uint16_t kEtherPppoe = 0x8864;
/* No frame of interest has it: the engines count such a packet as not IP. */
constexpr uint16_t kEtherNone = 0;

constexpr uint32_t kLinkNull = 0;
constexpr uint32_t kLinkPpp = 9;
constexpr uint32_t kLinkRawDlt = 12;
constexpr uint32_t kLinkRawOpenBsd = 14;
constexpr uint32_t kLinkPppHdlc = 50;
constexpr uint32_t kLinkPppEther = 51;
constexpr uint32_t kLinkRaw = 101;
constexpr uint32_t kLinkCiscoHdlc = 104;
constexpr uint32_t kLinkLoop = 108;
constexpr uint32_t kLinkLinuxCooked = 113;
constexpr uint32_t kLinkIpv4 = 228;
constexpr uint32_t kLinkIpv6 = 229;
constexpr uint32_t kLinkLinuxCooked2 = 276;

uint16_t be16(const uint8_t *at) {
    return static_cast<uint16_t>((at[0] << 8) | at[1]);
}

bool rawHeader(uint32_t linkType, const uint8_t *data, uint32_t caplen, LinkHeader &header) {
    bool six = caplen > 0 ? (data[0] >> 4) == 6 : linkType == kLinkIpv6;
    header = {0, six ? kEtherIpv6 : kEtherIpv4};
    return true;
}

/*
 * BSD loopback: the address family as a 32-bit integer, in the byte order of the machine that captured (null)
 * or in network order (loop). AF_INET6 differs between systems.
 */
bool familyHeader(const uint8_t *data, uint32_t caplen, LinkHeader &header) {
    if (caplen < 4)
        return false;
    uint32_t family = static_cast<uint32_t>(be16(data)) << 16 | be16(data + 2);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    header.length = 4;
    switch (family) {
    case 2:
        header.etherType = kEtherIpv4;
        break;
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* Darwin */
        header.etherType = kEtherIpv6;
        break;
    default:
        header.etherType = kEtherNone;
    }
    return true;
}

/* RFC 1661, with the address and control bytes of RFC 1662 and the protocol field compressed or not. */
bool pppHeader(const uint8_t *data, uint32_t caplen, LinkHeader &header) {
    uint32_t at = 0;
    if (caplen >= 2 && data[0] == 0xff && data[1] == 0x03)
        at = 2;
    if (caplen < at + 1)
        return false;
    uint16_t protocol = data[at];
    if (protocol & 1) {
        at += 1;
    } else {
        if (caplen < at + 2)
            return false;
        protocol = be16(data + at);
        at += 2;
    }
    header.length = at;
    switch (protocol) {
    case 0x0021:
        header.etherType = kEtherIpv4;
        break;
    case 0x0057:
        header.etherType = kEtherIpv6;
        break;
    case 0x0281:
        header.etherType = kEtherMpls;
        break;
    default:
        header.etherType = kEtherNone;
    }
    return true;
}

bool etherTypeAt(uint32_t at, uint32_t length, const uint8_t *data, uint32_t caplen, LinkHeader &header) {
    if (caplen < length)
        return false;
    header = {length, be16(data + at)};
    return true;
}

} // namespace

bool linkTypeKnown(uint32_t linkType) {
    switch (linkType) {
    case kLinkEthernet:
    case kLinkNull:
    case kLinkPpp:
    case kLinkRawDlt:
    case kLinkRawOpenBsd:
    case kLinkPppHdlc:
    case kLinkPppEther:
    case kLinkRaw:
    case kLinkCiscoHdlc:
    case kLinkLoop:
    case kLinkLinuxCooked:
    case kLinkIpv4:
    case kLinkIpv6:
    case kLinkLinuxCooked2:
        return true;
    default:
        return false;
    }
}

const char *linkTypeName(uint32_t linkType) {
    switch (linkType) {
    case 6:
        return "IEEE 802.5 Token Ring";
    case 8:
        return "SLIP";
    case 10:
        return "FDDI";
    case 105:
        return "IEEE 802.11";
    case 107:
        return "Frame Relay";
    case 119:
        return "IEEE 802.11 with Prism header";
    case 127:
        return "IEEE 802.11 with radiotap header";
    case 163:
        return "IEEE 802.11 with AVS header";
    case 187:
    case 201:
        return "Bluetooth HCI";
    case 189:
    case 220:
        return "USB";
    case 192:
        return "PPI";
    case 195:
    case 230:
        return "IEEE 802.15.4";
    case 227:
        return "SocketCAN";
    case 239:
        return "NFLOG";
    case 253:
        return "Netlink";
    default:
        return "unknown";
    }
}

bool readLinkHeader(uint32_t linkType, const uint8_t *data, uint32_t caplen, LinkHeader &header) {
    switch (linkType) {
    case kLinkNull:
    case kLinkLoop:
        return familyHeader(data, caplen, header);
    case kLinkPpp:
    case kLinkPppHdlc:
        return pppHeader(data, caplen, header);
    case kLinkPppEther:
        header = {0, kEtherPppoe};
        return true;
    case kLinkCiscoHdlc:
        return etherTypeAt(2, 4, data, caplen, header);
    case kLinkLinuxCooked:
        return etherTypeAt(14, 16, data, caplen, header);
    case kLinkLinuxCooked2:
        return etherTypeAt(0, 20, data, caplen, header);
    default:
        return rawHeader(linkType, data, caplen, header);
    }
}

} // namespace countfree
