/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "capture_format.h"
#include "capture_link.h"

namespace countfree {

namespace {

constexpr size_t kPcapHeader = 24;
constexpr size_t kPcapRecordHeader = 16;
constexpr uint32_t kPcapMicro = 0xa1b2c3d4;
constexpr uint32_t kPcapNano = 0xa1b23c4d;
constexpr uint32_t kEthernetHeader = 14;

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
