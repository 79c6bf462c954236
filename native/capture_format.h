/* SPDX-License-Identifier: Apache-2.0 */
/* What both halves of CaptureParser (pcap: capture_parser.cc, pcapng: capture_pcapng.cc) know of the formats.
 */
#ifndef COUNTFREE_CAPTURE_FORMAT_H
#define COUNTFREE_CAPTURE_FORMAT_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace countfree {

constexpr uint32_t kSectionBlock = 0x0a0d0d0a; /* a palindrome: the same in both byte orders */
constexpr uint32_t kBlockOverhead = 12;        /* type, length, length again */
constexpr int64_t kNsPerSecond = 1000000000;

/* In the byte order of this machine, unaligned. */
inline uint32_t load32(const uint8_t *at) {
    uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/* printf with numbers, for messages of faults. */
std::string formatted(const char *format, unsigned long long a, unsigned long long b = 0);

/* What a file is that is no capture, from its first bytes (at least four). */
std::string describeForeign(const uint8_t *at, size_t have);

std::string linkTypeMessage(uint32_t linkType);

} // namespace countfree

#endif
