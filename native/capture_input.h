/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a capture file, gunzipped where it is gzip data (RFC 1952). Without N-API. Not thread-safe. */
#ifndef COUNTFREE_CAPTURE_INPUT_H
#define COUNTFREE_CAPTURE_INPUT_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

struct z_stream_s;

namespace countfree {

class CaptureInput {
  public:
    struct Chunk {
        const uint8_t *data = nullptr;
        size_t length = 0;
    };

    /* Over a file or pipe that stays the caller's to close. */
    explicit CaptureInput(int descriptor);
    ~CaptureInput();

    /* The next bytes, valid until the next call; none at the end, also where gzip data is cut. Throws
     * EngineError. */
    Chunk next();

    /* Bytes taken from the file as it lies on disk. */
    uint64_t octetsRead() const { return octetsRead_; }

  private:
    struct EndInflate {
        void operator()(z_stream_s *stream) const;
    };

    size_t readInto(uint8_t *place, size_t length);
    Chunk fill();
    void beginInflate();
    Chunk inflateNext();

    int descriptor_;
    uint64_t octetsRead_ = 0;
    std::vector<uint8_t> buffer_;
    Chunk held_; /* read, and handed on by nobody yet */
    bool begun_ = false;
    std::vector<uint8_t> plain_; /* what was unpacked */
    std::unique_ptr<z_stream_s, EndInflate> unpack_;
    bool memberEnded_ = false;
};

} // namespace countfree

#endif
