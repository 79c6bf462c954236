/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_format.h"

#include <algorithm>
#include <cstdio>

#include "capture_link.h"

namespace countfree {

std::string formatted(const char *format, unsigned long long a, unsigned long long b) {
    char text[200];
    std::snprintf(text, sizeof text, format, a, b);
    return text;
}

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

} // namespace countfree
