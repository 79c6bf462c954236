/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receive offloads that glue packets together before generic XDP or a packet socket sees them: what comes out
 * then lacks the headers of all segments but the first, so octets are short of what was on the wire.
 */
#ifndef COUNTFREE_RECEIVE_OFFLOADS_H
#define COUNTFREE_RECEIVE_OFFLOADS_H

#include <cstdint>
#include <string>
#include <vector>

namespace countfree {

/* A set of offloads: bit i stands for the i-th name of offloadNames(~0u). */
struct OffloadChange {
    uint32_t off = 0;     /* were on, and are off now */
    uint32_t stillOn = 0; /* the driver, or missing rights, keep them on */
};

/* Those of one interface, by the ethtool ioctl (linux/ethtool.h, ETHTOOL_SFEATURES). Stays in the network
 * namespace in which it was made. Nothing throws: what could not be done stands in the change. */
class ReceiveOffloads {
  public:
    explicit ReceiveOffloads(const std::string &interfaceName);
    ~ReceiveOffloads();
    ReceiveOffloads(const ReceiveOffloads &) = delete;
    ReceiveOffloads &operator=(const ReceiveOffloads &) = delete;

    uint32_t on();
    OffloadChange switchOff();
    /* An interface that is gone is no error. */
    void switchOn(uint32_t offloads);

  private:
    std::string name_;
    int descriptor_;
};

/* As ethtool -k --json names them. */
std::vector<std::string> offloadNames(uint32_t offloads);

} // namespace countfree

#endif
