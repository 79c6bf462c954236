/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an interface through a packet socket with a ring shared with the kernel (packet(7), TPACKET_V3), for
 * hosts where XDP is not allowed. Without N-API. One thread may call it.
 */
#ifndef COUNTFREE_PACKET_SOCKET_H
#define COUNTFREE_PACKET_SOCKET_H

#include <cstdint>
#include <string>
#include <vector>

#include "packet_sink.h"
#include "receive_offloads.h"

struct tpacket3_hdr;

namespace countfree {

class PacketSocket {
  public:
    /* Switches receive offloads off while it lives. Throws EngineError. */
    PacketSocket(const std::string &interfaceName, uint32_t ringOctets);
    ~PacketSocket();
    PacketSocket(const PacketSocket &) = delete;
    PacketSocket &operator=(const PacketSocket &) = delete;

    /* Hands the frames that wait to `sink`, whole blocks of them, until `atLeast` or none is left. Returns
     * how many. Throws EngineError with what the sink says if it takes no more. */
    uint64_t read(PacketSink &sink, uint64_t atLeast);
    /* Frames that found no room in the ring since the socket was opened. */
    uint64_t drops();
    /* False once the interface is gone. */
    bool alive() const;
    int interfaceIndex() const { return interfaceIndex_; }
    OffloadChange offloads() const { return offloads_; }

  private:
    void open(uint32_t ringOctets);
    uint64_t readBlock(uint8_t *block, PacketSink &sink);
    void hand(const tpacket3_hdr &header, const uint8_t *frame, PacketSink &sink);
    void release();

    std::string name_;
    int interfaceIndex_ = 0;
    int descriptor_ = -1;
    uint8_t *ring_ = nullptr;
    size_t ringOctets_ = 0;
    uint32_t next_ = 0; /* block to be read next */
    uint64_t drops_ = 0;
    ReceiveOffloads switch_;
    OffloadChange offloads_;
    std::vector<uint8_t> tagged_; /* a frame with the VLAN tag that the kernel took out put back */
};

} // namespace countfree

#endif
