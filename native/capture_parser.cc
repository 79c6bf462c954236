/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_parser.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "capture_link.h"

namespace countfree {

namespace {

constexpr size_t kPcapHeader = 24;
constexpr size_t kPcapRecordHeader = 16;
constexpr uint32_t kPcapMicro = 0xa1b2c3d4;
constexpr uint32_t kPcapNano = 0xa1b23c4d;

constexpr uint32_t kSectionBlock = 0x0a0d0d0a; /* a palindrome: the same in both byte orders */
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr uint32_t kInterfaceBlock = 1;
constexpr uint32_t kOldPacketBlock = 2;
constexpr uint32_t kSimplePacketBlock = 3;
constexpr uint32_t kEnhancedPacketBlock = 6;
constexpr size_t kBlockHeader = 8;
constexpr uint32_t kBlockOverhead = 12; /* type, length, length again */

constexpr uint16_t kOptionEnd = 0;
constexpr uint16_t kOptionTimeResolution = 9;
constexpr uint16_t kOptionTimeOffset = 14;

constexpr uint32_t kEthernetHeader = 14;
constexpr int64_t kNsPerSecond = 1000000000;

uint32_t load32(const uint8_t *at) {
    uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

std::string formatted(const char *format, unsigned long long a, unsigned long long b = 0) {
    char text[200];
    std::snprintf(text, sizeof text, format, a, b);
    return text;
}

/* What a file is that is no capture, from its first bytes (at least four). */
std::string describeForeign(const uint8_t *at, size_t have) {
    struct Known {
        const char *bytes;
        size_t length;
        const char *name;
    };
    static const Known known[] = {
        {"\x1f\x8b", 2, "gzip data"},
        {"\x28\xb5\x2f\xfd", 4, "Zstandard data: decompress it first (zstd -d)"},
        {"\xfd"
         "7zXZ",
         5, "xz data: decompress it first (xz -d)"},
        {"BZh", 3, "bzip2 data: decompress it first (bunzip2)"},
        {"PK\x03\x04", 4, "a ZIP archive: unpack it first"},
        {"snoop", 5, "a snoop capture: convert it with `editcap -F pcapng`"},
        {"\x7f"
         "ELF",
         4, "an ELF program"},
        {"RTSS", 4, "a Microsoft Network Monitor capture: convert it with `editcap -F pcapng`"},
        {"GMBU", 4, "a Microsoft Network Monitor capture: convert it with `editcap -F pcapng`"},
        {"\x34\xcd\xb2\xa1", 4,
         "a pcap file in Kuznetzov's modified form: convert it with `editcap -F pcapng`"},
        {"\xa1\xb2\xcd\x34", 4,
         "a pcap file in Kuznetzov's modified form: convert it with `editcap -F pcapng`"},
        {"%PDF", 4, "a PDF document"},
    };
    for (const Known &one : known)
        if (have >= one.length && std::memcmp(at, one.bytes, one.length) == 0)
            return one.name;
    bool text = std::all_of(at, at + std::min<size_t>(have, 16), [](uint8_t byte) {
        return byte == '\n' || byte == '\r' || byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
    if (text)
        return "text";
    char bytes[40];
    std::snprintf(bytes, sizeof bytes, "bytes %02x %02x %02x %02x", at[0], at[1], at[2], at[3]);
    return bytes;
}

std::string linkTypeMessage(uint32_t linkType) {
    return std::string("packets of link type ") + std::to_string(linkType) + " (" + linkTypeName(linkType) +
           ") cannot be read; Ethernet, raw IP, Linux cooked, BSD loopback, PPP and Cisco HDLC can";
}

} // namespace

CaptureParser::CaptureParser(uint64_t windowNs, uint64_t windowBytes)
    : windowNs_(windowNs), windowBytes_(windowBytes) {}

const char *CaptureParser::format() const {
    if (state_ == State::kMagic)
        return "";
    return pcapng_ ? "pcapng" : "pcap";
}

uint16_t CaptureParser::u16(const uint8_t *at) const {
    uint16_t value;
    std::memcpy(&value, at, sizeof value);
    return swapped_ ? __builtin_bswap16(value) : value;
}

uint32_t CaptureParser::u32(const uint8_t *at) const {
    uint32_t value = load32(at);
    return swapped_ ? __builtin_bswap32(value) : value;
}

size_t CaptureParser::want(size_t bytes) {
    need_ = bytes;
    return 0;
}

size_t CaptureParser::fail(CaptureFaultKind kind, std::string message) {
    status_ = CaptureStatus::kFault;
    fault_ = {kind, position_, std::move(message)};
    return 0;
}

size_t CaptureParser::feed(const uint8_t *data, size_t length, PacketSink &sink) {
    size_t used = 0;
    if (status_ == CaptureStatus::kFault)
        return used;
    status_ = CaptureStatus::kMore;
    for (;;) {
        if (skip_ > 0) {
            size_t taken = static_cast<size_t>(std::min<uint64_t>(skip_, length - used));
            skip_ -= taken;
            used += taken;
            position_ += taken;
            if (skip_ > 0)
                return used;
        }
        bool carried = !carry_.empty();
        const uint8_t *at = carried ? carry_.data() : data + used;
        size_t have = carried ? carry_.size() : length - used;
        size_t taken = step(at, have, sink);
        if (status_ != CaptureStatus::kMore)
            return used;
        if (taken == 0) {
            size_t missing = std::min(need_ - have, length - used);
            if (!carried && have > 0) {
                /* The record goes on in the next chunk. */
                carry_.assign(at, at + have);
                return length;
            }
            if (missing == 0)
                return used;
            carry_.insert(carry_.end(), data + used, data + used + missing);
            used += missing;
            continue;
        }
        position_ += taken;
        if (carried)
            carry_.erase(carry_.begin(), carry_.begin() + static_cast<std::ptrdiff_t>(taken));
        else
            used += taken;
    }
}

CaptureStatus CaptureParser::finish() {
    if (status_ == CaptureStatus::kFault)
        return status_;
    uint64_t begun = carry_.size();
    if (state_ == State::kMagic) {
        fail(CaptureFaultKind::kForeign,
             begun == 0 && position_ == 0
                 ? "the file is empty"
                 : formatted("the file ends after %llu bytes, within the file header", begun));
    } else if (begun > 0 || skip_ > 0 || state_ == State::kBlockTrailer) {
        uint64_t end = position_ + begun;
        fail(CaptureFaultKind::kTruncated,
             formatted("the file is cut at byte %llu, within the record that starts at byte %llu", end,
                       position_));
        fault_.offset = end;
    }
    return status_;
}

void CaptureParser::nextWindow() {
    windowOpen_ = false;
    if (status_ == CaptureStatus::kWindow)
        status_ = CaptureStatus::kMore;
}

size_t CaptureParser::step(const uint8_t *at, size_t have, PacketSink &sink) {
    switch (state_) {
    case State::kMagic:
        return readMagic(at, have);
    case State::kPcapRecord:
        return readPcapRecord(at, have, sink);
    case State::kBlock:
        return readBlock(at, have, sink);
    case State::kBlockTrailer:
        return readTrailer(at, have);
    }
    return 0;
}

size_t CaptureParser::readMagic(const uint8_t *at, size_t have) {
    /* So many bytes tell every foreign format apart (describeForeign); a shorter file is no capture either.
     */
    if (have < kBlockOverhead)
        return want(kBlockOverhead);
    uint32_t magic = load32(at);
    if (magic == kSectionBlock) {
        pcapng_ = true;
        return readSection(at, have);
    }
    swapped_ = magic == __builtin_bswap32(kPcapMicro) || magic == __builtin_bswap32(kPcapNano);
    if (swapped_)
        magic = __builtin_bswap32(magic);
    if (magic != kPcapMicro && magic != kPcapNano)
        return fail(CaptureFaultKind::kForeign,
                    "this is no pcap or pcapng file: found " + describeForeign(at, have));
    if (have < kPcapHeader)
        return want(kPcapHeader);
    uint16_t major = u16(at + 4);
    uint16_t minor = u16(at + 6);
    if (major != 2 || minor < 4)
        return fail(CaptureFaultKind::kForeign,
                    formatted("pcap version %llu.%llu is not known; 2.4 is", major, minor));
    uint32_t network = u32(at + 20);
    Interface interface;
    interface.linkType = network & 0xffff;
    /* Bit 26: the four bits at the top give the octets of frame check sequence that end each packet, in
     * pairs. */
    if (network & 0x04000000)
        interface.fcsBytes = (network >> 28) * 2;
    interface.multiplier = magic == kPcapNano ? 1 : 1000;
    nanoseconds_ = magic == kPcapNano;
    if (!checkLinkType(interface.linkType))
        return 0;
    interfaces_.push_back(interface);
    state_ = State::kPcapRecord;
    return kPcapHeader;
}

bool CaptureParser::checkLinkType(uint32_t linkType) {
    if (linkTypeKnown(linkType))
        return true;
    fail(CaptureFaultKind::kLinkType, linkTypeMessage(linkType));
    return false;
}

size_t CaptureParser::readPcapRecord(const uint8_t *at, size_t have, PacketSink &sink) {
    if (have < kPcapRecordHeader)
        return want(kPcapRecordHeader);
    uint32_t caplen = u32(at + 8);
    if (caplen > kMaxCaplen)
        return fail(CaptureFaultKind::kCorrupt,
                    formatted("the record at byte %llu claims %llu captured bytes, more than any packet has",
                              position_, caplen));
    if (have < kPcapRecordHeader + caplen)
        return want(kPcapRecordHeader + caplen);
    uint64_t fraction = static_cast<uint64_t>(u32(at + 4)) * (nanoseconds_ ? 1 : 1000);
    uint64_t time = static_cast<uint64_t>(u32(at)) * kNsPerSecond + fraction;
    if (!deliver(interfaces_[0], at + kPcapRecordHeader, caplen, u32(at + 12), time, sink))
        return 0;
    return kPcapRecordHeader + caplen;
}

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

bool CaptureParser::insideWindow(uint64_t time) {
    if (windowOpen_)
        return time >= windowFrom_ && time < windowTo_ && position_ < windowEndPosition_;
    windowOpen_ = true;
    windowFrom_ = windowNs_ > 0 ? time - time % windowNs_ : 0;
    windowTo_ = windowNs_ > 0 ? windowFrom_ + windowNs_ : UINT64_MAX;
    windowEndPosition_ = windowBytes_ > 0 ? position_ + windowBytes_ : UINT64_MAX;
    return true;
}

bool CaptureParser::deliver(const Interface &interface, const uint8_t *data, uint32_t caplen,
                            uint32_t wirelen, uint64_t time, PacketSink &sink) {
    if (!insideWindow(time)) {
        status_ = CaptureStatus::kWindow;
        return false;
    }
    /* A file that says fewer bytes were on the wire than it holds is wrong about the wire. */
    wirelen = std::max(wirelen, caplen);
    bool lengthClamped = false;
    if (wirelen > kMaxCaplen) {
        /* A claim that no packet can keep must not become octets (IPv4 length 0 counts what was on the wire).
         */
        wirelen = kMaxCaplen;
        lengthClamped = true;
    }
    const uint8_t *frame = data;
    uint32_t frameCaplen = caplen;
    uint32_t frameWirelen = wirelen;
    if (interface.fcsBytes > 0 && frameWirelen > interface.fcsBytes) {
        frameWirelen -= interface.fcsBytes;
        frameCaplen = std::min(frameCaplen, frameWirelen);
    }
    if (interface.linkType != kLinkEthernet) {
        LinkHeader header;
        if (!readLinkHeader(interface.linkType, data, frameCaplen, header))
            header = {frameCaplen,
                      0x0800}; /* cut within the link header: the engine finds no IP header behind it */
        if (scratch_.empty())
            scratch_.resize(kEthernetHeader + kMaxCaplen);
        scratch_[12] = static_cast<uint8_t>(header.etherType >> 8);
        scratch_[13] = static_cast<uint8_t>(header.etherType);
        std::memcpy(scratch_.data() + kEthernetHeader, data + header.length, frameCaplen - header.length);
        frame = scratch_.data();
        frameCaplen = frameCaplen - header.length + kEthernetHeader;
        frameWirelen = frameWirelen - header.length + kEthernetHeader;
    }
    sinkResult_ = sink.packet(frame, frameCaplen, frameWirelen, time);
    if (sinkResult_ != PACKET_TAKEN) {
        status_ = CaptureStatus::kSink;
        return false;
    }
    lastTime_ = time;
    totals_.packets += 1;
    totals_.clamped_lengths += lengthClamped ? 1 : 0;
    totals_.clamped_times += timeClamped_ ? 1 : 0;
    totals_.wire_bytes += wirelen;
    return true;
}

} // namespace countfree
