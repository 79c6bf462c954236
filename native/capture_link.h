/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_CAPTURE_LINK_H
#define COUNTFREE_CAPTURE_LINK_H

#include <cstdint>

namespace countfree {

/* What stands before the network layer of a captured packet, told as an Ethernet header would. */
struct LinkHeader {
    uint32_t length = 0; /* bytes before the network layer */
    uint16_t etherType = 0;
};

constexpr uint32_t kLinkEthernet = 1;

/* True if packets of this LINKTYPE_ value (tcpdump.org/linktypes.html) can be put behind an Ethernet header.
 */
bool linkTypeKnown(uint32_t linkType);

/* Name of a LINKTYPE_ value for messages; "unknown" where there is none here. */
const char *linkTypeName(uint32_t linkType);

/*
 * Finds the link header of a packet of any known link type but Ethernet. False if the packet ends within it.
 */
bool readLinkHeader(uint32_t linkType, const uint8_t *data, uint32_t caplen, LinkHeader &header);

} // namespace countfree

#endif
