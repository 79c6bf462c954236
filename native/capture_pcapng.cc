/* SPDX-License-Identifier: Apache-2.0 */
/* The pcapng half of CaptureParser (draft-ietf-opsawg-pcapng). */
#include "capture_parser.h"

#include <algorithm>

#include "capture_format.h"

namespace countfree {

namespace {

constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kOldPacketBlock = 2;
constexpr uint32_t kSimplePacketBlock = 3;
constexpr uint32_t kEnhancedPacketBlock = 6;
constexpr size_t kBlockHeader = 8;

constexpr uint16_t kOptionEnd = 0;
constexpr uint16_t kOptionTimeResolution = 9;
constexpr uint16_t kOptionTimeOffset = 14;

} // namespace

size_t CaptureParser::readBlock(const uint8_t *at, size_t have, PacketSink &sink) {
    if (have < kBlockHeader)
        return want(kBlockHeader);
    uint32_t type = u32(at);
    if (type == kSectionBlock)
        return readSection(at, have);
    uint32_t total = u32(at + 4);
    if (total < kBlockOverhead || total % 4 != 0)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the block at byte %llu has the impossible length %llu", position_, total));
    bool packet = type == kEnhancedPacketBlock || type == kOldPacketBlock || type == kSimplePacketBlock;
    if (!packet && type != kInterfaceBlock) {
        totals_.skipped_blocks += 1;
        skip_ = total - kBlockOverhead;
        trailer_ = total;
        state_ = State::kBlockTrailer;
        return kBlockHeader;
    }
    if (total > kMaxBlock)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the block at byte %llu claims %llu bytes, more than any packet needs",
                              position_, total));
    if (have < total)
        return want(total);
    if (u32(at + total - 4) != total)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the two lengths of the block at byte %llu differ", position_));
    return packet ? readPacketBlock(at, total, type, sink) : readInterface(at, total);
}

size_t CaptureParser::readTrailer(const uint8_t *at, size_t have) {
    if (have < 4)
        return want(4);
    if (u32(at) != trailer_)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the two lengths of the block that ends at byte %llu differ", position_ + 4));
    state_ = State::kBlock;
    return 4;
}

size_t CaptureParser::readSection(const uint8_t *at, size_t have) {
    if (have < kBlockOverhead)
        return want(kBlockOverhead);
    uint32_t order = load32(at + 8);
    if (order != kByteOrderMagic && order != __builtin_bswap32(kByteOrderMagic))
        return fail(CaptureFaultKind::kForeign,
                    formatted("the section at byte %llu has no pcapng byte order mark", position_));
    bool swapped = order != kByteOrderMagic;
    uint32_t total = load32(at + 4);
    if (swapped)
        total = __builtin_bswap32(total);
    if (total < 28 || total % 4 != 0 || total > kMaxBlock)
        return fail(
            CaptureFaultKind::kCorrupt,
            formatted("the section header at byte %llu has the impossible length %llu", position_, total));
    if (have < total)
        return want(total);
    swapped_ = swapped;
    if (u32(at + total - 4) != total)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the two lengths of the section header at byte %llu differ", position_));
    if (u16(at + 12) != 1)
        return fail(CaptureFaultKind::kForeign,
                    formatted("pcapng version %llu.%llu is not known; 1.0 is", u16(at + 12), u16(at + 14)));
    interfaces_.clear();
    state_ = State::kBlock;
    return total;
}

size_t CaptureParser::readInterface(const uint8_t *at, uint32_t total) {
    if (total < kBlockOverhead + 8)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the interface description at byte %llu is too short", position_));
    if (interfaces_.size() >= kMaxInterfaces)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("more than %llu interfaces in one section", kMaxInterfaces));
    Interface interface;
    interface.linkType = u16(at + 8);
    interface.snapLength = u32(at + 12);
    readInterfaceOptions(at + 16, total - kBlockOverhead - 8, interface);
    interfaces_.push_back(interface);
    return total;
}

void CaptureParser::readInterfaceOptions(const uint8_t *at, size_t length, Interface &interface) {
    size_t offset = 0;
    while (length - offset >= 4) {
        uint16_t code = u16(at + offset);
        uint16_t size = u16(at + offset + 2);
        const uint8_t *value = at + offset + 4;
        size_t padded = 4 + ((static_cast<size_t>(size) + 3) & ~static_cast<size_t>(3));
        if (code == kOptionEnd || padded > length - offset)
            return;
        if (code == kOptionTimeResolution && size == 1) {
            uint32_t exponent = value[0] & 0x7f;
            interface.multiplier = interface.divisor = 1;
            interface.shift = 0;
            if (value[0] & 0x80) {
                interface.shift = exponent;
                interface.multiplier = kNsPerSecond;
            } else {
                for (uint32_t i = exponent; i < 9; i += 1)
                    interface.multiplier *= 10;
                /* 64 bits of ticks finer than 10^-27 s are less than a microsecond altogether. */
                for (uint32_t i = 9; i < exponent && i < 27; i += 1)
                    interface.divisor *= 10;
            }
        } else if (code == kOptionTimeOffset && size == 8) {
            uint64_t low = u32(value + (swapped_ ? 4 : 0));
            uint64_t high = u32(value + (swapped_ ? 0 : 4));
            interface.offsetSeconds = static_cast<int64_t>(high << 32 | low);
        }
        offset += padded;
    }
}

uint64_t CaptureParser::clamp(__int128 time) {
    if (time >= 0 && time <= static_cast<__int128>(kMaxTimeNs))
        return static_cast<uint64_t>(time);
    timeClamped_ = true;
    return time < 0 ? 0 : kMaxTimeNs;
}

uint64_t CaptureParser::blockTime(const Interface &interface, uint64_t ticks) {
    uint64_t quick;
    timeClamped_ = false;
    if (interface.shift == 0 && interface.divisor == 1 && interface.offsetSeconds == 0 &&
        !__builtin_mul_overflow(ticks, interface.multiplier, &quick) && quick <= kMaxTimeNs)
        return quick;
    __int128 time = static_cast<__int128>(ticks) * interface.multiplier;
    time = interface.shift > 0 ? time >> interface.shift : time / interface.divisor;
    return clamp(time + static_cast<__int128>(interface.offsetSeconds) * kNsPerSecond);
}

size_t CaptureParser::readPacketBlock(const uint8_t *at, uint32_t total, uint32_t type, PacketSink &sink) {
    uint32_t header = type == kSimplePacketBlock ? 12 : 28;
    if (total < header + 4)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the packet block at byte %llu is too short", position_));
    uint32_t index = type == kSimplePacketBlock     ? 0
                     : type == kEnhancedPacketBlock ? u32(at + 8)
                                                    : u16(at + 8);
    if (index >= interfaces_.size())
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the packet at byte %llu names interface %llu, which was not described",
                              position_, index));
    const Interface &interface = interfaces_[index];
    if (!checkLinkType(interface.linkType))
        return 0;
    uint32_t room = total - header - 4;
    uint32_t caplen;
    uint32_t wirelen;
    uint64_t time;
    if (type == kSimplePacketBlock) {
        /* It has no time: that of the packet before it stands in. */
        wirelen = u32(at + 8);
        caplen = std::min(wirelen, room);
        if (interface.snapLength > 0)
            caplen = std::min(caplen, interface.snapLength);
        time = lastTime_;
        timeClamped_ = false;
    } else {
        time = blockTime(interface, static_cast<uint64_t>(u32(at + 12)) << 32 | u32(at + 16));
        caplen = u32(at + 20);
        wirelen = u32(at + 24);
    }
    if (caplen > room || caplen > kMaxCaplen)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the packet at byte %llu claims %llu captured bytes, more than its block holds",
                              position_, caplen));
    return deliver(interface, at + header, caplen, wirelen, time, sink) ? total : 0;
}

} // namespace countfree
