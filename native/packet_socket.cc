/* SPDX-License-Identifier: Apache-2.0 */
#include "packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine_error.h"

namespace countfree {

namespace {

constexpr uint32_t kBlockOctets = 1 << 20;
constexpr uint32_t kBlockTimeoutMs = 20;
/* No header or hello is looked for behind this; lengths come from the headers. */
constexpr uint32_t kSnapOctets = 3072;
constexpr uint32_t kAddressOctets = 12;
constexpr uint32_t kTagOctets = 4;

[[noreturn]] void refuse(const std::string &step, const std::string &advice = "") {
    const int number = errno;
    throw EngineError(number, step + ": " + std::strerror(number) + advice);
}

template <typename Value> void set(int descriptor, int level, int option, const Value &value) {
    if (setsockopt(descriptor, level, option, &value, sizeof(value)) != 0)
        refuse("cannot set up the packet socket (option " + std::to_string(option) + ")");
}

/* Seen by both: the kernel hands a block over by its status. */
uint32_t statusOf(const tpacket_block_desc *block) {
    return __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
}

} // namespace

PacketSocket::PacketSocket(const std::string &interfaceName, uint32_t ringOctets)
    : name_(interfaceName), interfaceIndex_(static_cast<int>(if_nametoindex(interfaceName.c_str()))),
      switch_(interfaceName) {
    if (interfaceIndex_ == 0)
        throw EngineError(ENODEV, "there is no network interface " + interfaceName +
                                      " in this network namespace: see ip link");
    try {
        open(ringOctets);
    } catch (...) {
        release();
        throw;
    }
    offloads_ = switch_.switchOff();
}

PacketSocket::~PacketSocket() {
    release();
    switch_.switchOn(offloads_.off);
}

void PacketSocket::release() {
    if (ring_ != nullptr)
        munmap(ring_, ringOctets_);
    if (descriptor_ >= 0)
        close(descriptor_);
    ring_ = nullptr;
    descriptor_ = -1;
}

void PacketSocket::open(uint32_t ringOctets) {
    /* Of no protocol until it is bound, so that nothing of another interface gets into the ring. */
    descriptor_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0)
        refuse("cannot open a packet socket", ". It needs root or CAP_NET_RAW");
    ifreq request{};
    std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    if (ioctl(descriptor_, SIOCGIFHWADDR, &request) != 0)
        refuse("cannot look at " + name_);
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
        throw EngineError(ENOTSUP, name_ + " is no Ethernet interface (ARPHRD " +
                                       std::to_string(request.ifr_hwaddr.sa_family) +
                                       "): take the one that the mirror arrives at");
    set(descriptor_, SOL_PACKET, PACKET_VERSION, static_cast<int>(TPACKET_V3));
    set(descriptor_, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    sock_filter snap[] = {{BPF_RET | BPF_K, 0, 0, kSnapOctets}};
    set(descriptor_, SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, snap});
    tpacket_req3 ring{};
    ring.tp_block_size = kBlockOctets;
    ring.tp_block_nr = std::max(2u, ringOctets / kBlockOctets);
    ring.tp_frame_size = 4096;
    ring.tp_frame_nr = ring.tp_block_nr * (kBlockOctets / ring.tp_frame_size);
    ring.tp_retire_blk_tov = kBlockTimeoutMs;
    set(descriptor_, SOL_PACKET, PACKET_RX_RING, ring);
    ringOctets_ = static_cast<size_t>(ring.tp_block_nr) * kBlockOctets;
    void *place = mmap(nullptr, ringOctets_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (place == MAP_FAILED)
        refuse("cannot map the packet socket's ring");
    ring_ = static_cast<uint8_t *>(place);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = interfaceIndex_;
    if (bind(descriptor_, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0)
        refuse("cannot bind the packet socket to " + name_);
}

uint64_t PacketSocket::read(PacketSink &sink, uint64_t atLeast) {
    uint64_t count = 0;
    const uint32_t blocks = static_cast<uint32_t>(ringOctets_ / kBlockOctets);
    while (count < atLeast) {
        uint8_t *place = ring_ + static_cast<size_t>(next_) * kBlockOctets;
        auto *block = reinterpret_cast<tpacket_block_desc *>(place);
        if (!(statusOf(block) & TP_STATUS_USER))
            break;
        count += readBlock(place, sink);
        __atomic_store_n(&block->hdr.bh1.block_status, static_cast<uint32_t>(TP_STATUS_KERNEL),
                         __ATOMIC_RELEASE);
        next_ = (next_ + 1) % blocks;
    }
    return count;
}

uint64_t PacketSocket::readBlock(uint8_t *block, PacketSink &sink) {
    const auto &head = reinterpret_cast<tpacket_block_desc *>(block)->hdr.bh1;
    uint8_t *place = block + head.offset_to_first_pkt;
    for (uint32_t i = 0; i < head.num_pkts; i++) {
        const auto &header = *reinterpret_cast<tpacket3_hdr *>(place);
        hand(header, place + header.tp_mac, sink);
        place += header.tp_next_offset;
    }
    return head.num_pkts;
}

void PacketSocket::hand(const tpacket3_hdr &header, const uint8_t *frame, PacketSink &sink) {
    uint32_t captured = header.tp_snaplen, wire = header.tp_len;
    if ((header.tp_status & TP_STATUS_VLAN_VALID) && captured >= kAddressOctets) {
        const uint16_t type =
            htons(header.tp_status & TP_STATUS_VLAN_TPID_VALID ? header.hv1.tp_vlan_tpid : ETH_P_8021Q);
        const uint16_t tag = htons(static_cast<uint16_t>(header.hv1.tp_vlan_tci));
        tagged_.resize(captured + kTagOctets);
        std::memcpy(tagged_.data(), frame, kAddressOctets);
        std::memcpy(&tagged_[kAddressOctets], &type, sizeof(type));
        std::memcpy(&tagged_[kAddressOctets + 2], &tag, sizeof(tag));
        std::memcpy(&tagged_[kAddressOctets + kTagOctets], frame + kAddressOctets, captured - kAddressOctets);
        frame = tagged_.data();
        captured += kTagOctets;
        wire += kTagOctets;
    }
    const uint64_t time = static_cast<uint64_t>(header.tp_sec) * 1000000000u + header.tp_nsec;
    const int result = sink.packet(frame, captured, wire, time);
    if (result != PACKET_TAKEN)
        throw EngineError(result < 0 ? -result : ENOSPC, "the engine takes no packets of the packet socket");
}

uint64_t PacketSocket::drops() {
    tpacket_stats_v3 statistics{};
    socklen_t length = sizeof(statistics);
    /* Reading them sets them to 0. */
    if (getsockopt(descriptor_, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0)
        drops_ += statistics.tp_drops;
    return drops_;
}

bool PacketSocket::alive() const {
    sockaddr_ll address{};
    socklen_t length = sizeof(address);
    return descriptor_ >= 0 &&
           getsockname(descriptor_, reinterpret_cast<sockaddr *>(&address), &length) == 0 &&
           address.sll_ifindex == interfaceIndex_;
}

} // namespace countfree
