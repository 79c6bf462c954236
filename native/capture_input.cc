/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_input.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "engine_error.h"

namespace countfree {

namespace {

/* Fits into a core's second-level cache, so that what was read is parsed there. */
constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kPlainBytes = 1024 * 1024;
constexpr uint8_t kGzip[] = {0x1f, 0x8b};
constexpr int kGzipOnly = 16 + MAX_WBITS;

} // namespace

CaptureInput::CaptureInput(int descriptor) : descriptor_(descriptor), buffer_(kReadBytes) {
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL); /* fails on a pipe, which needs none */
}

CaptureInput::~CaptureInput() = default;

void CaptureInput::EndInflate::operator()(z_stream_s *stream) const {
    inflateEnd(stream);
    delete stream;
}

CaptureInput::Chunk CaptureInput::next() {
    if (!begun_) {
        begun_ = true;
        held_ = fill();
        /* A pipe may give a first byte alone. */
        if (held_.length == 1)
            held_.length += readInto(buffer_.data() + 1, buffer_.size() - 1);
        if (held_.length >= sizeof kGzip && std::memcmp(held_.data, kGzip, sizeof kGzip) == 0)
            beginInflate();
        if (!unpack_)
            return held_;
    }
    return unpack_ ? inflateNext() : fill();
}

size_t CaptureInput::readInto(uint8_t *place, size_t length) {
    ssize_t got;
    do
        got = read(descriptor_, place, length);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        throw EngineError(errno, std::strerror(errno));
    octetsRead_ += static_cast<uint64_t>(got);
    return static_cast<size_t>(got);
}

CaptureInput::Chunk CaptureInput::fill() {
    return {buffer_.data(), readInto(buffer_.data(), buffer_.size())};
}

void CaptureInput::beginInflate() {
    auto stream = std::make_unique<z_stream>();
    std::memset(stream.get(), 0, sizeof(z_stream));
    if (inflateInit2(stream.get(), kGzipOnly) != Z_OK)
        throw EngineError(ENOMEM, "out of memory: cannot unpack gzip data");
    unpack_.reset(stream.release());
    plain_.resize(kPlainBytes);
}

CaptureInput::Chunk CaptureInput::inflateNext() {
    z_stream &stream = *unpack_;
    stream.next_out = plain_.data();
    stream.avail_out = static_cast<uInt>(plain_.size());
    while (stream.avail_out > 0) {
        if (held_.length == 0)
            held_ = fill();
        if (held_.length == 0)
            break;
        if (memberEnded_) {
            /* Members may follow one another; what is no member is padding. */
            if (held_.data[0] != kGzip[0])
                break;
            inflateReset(&stream);
            memberEnded_ = false;
        }
        stream.next_in = const_cast<uint8_t *>(held_.data);
        stream.avail_in = static_cast<uInt>(held_.length);
        const int result = inflate(&stream, Z_NO_FLUSH);
        held_ = {stream.next_in, stream.avail_in};
        if (result == Z_STREAM_END)
            memberEnded_ = true;
        else if (result != Z_OK && result != Z_BUF_ERROR)
            throw EngineError(EBADMSG, std::string("its gzip data is broken: ") +
                                           (stream.msg == nullptr ? "unknown error" : stream.msg));
    }
    return {plain_.data(), plain_.size() - stream.avail_out};
}

} // namespace countfree
