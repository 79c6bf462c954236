/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of records in the kernel's BPF ring buffer format: an 8-byte header (length, busy and discard bits),
 * the record, padding to 8. Both engines write it, so one reader serves both. It reads without consuming:
 * what was read stays until it is released, and positions grow for ever.
 */
#ifndef COUNTFREE_RING_H
#define COUNTFREE_RING_H

#include <cstddef>
#include <cstdint>
#include <functional>

namespace countfree {

/* Memory that is mapped from a descriptor; unmapped when it goes. */
class Mapping {
  public:
    Mapping() = default;
    /* Throws EngineError. `what` names the memory in its message. */
    Mapping(int descriptor, size_t length, int protection, size_t offset, const char *what);
    ~Mapping();
    Mapping(Mapping &&other) noexcept;
    Mapping &operator=(Mapping &&other) noexcept;
    uint8_t *data() const { return data_; }
    size_t length() const { return length_; }

  private:
    uint8_t *data_ = nullptr;
    size_t length_ = 0;
};

class RingReader {
  public:
    RingReader() = default;
    /* Over a BPF_MAP_TYPE_RINGBUF of `octets` bytes. */
    static RingReader ofMap(int descriptor, size_t octets, const char *what);

    uint64_t position() const;
    uint64_t produced() const;
    uint64_t used() const { return produced() - position(); }
    size_t capacity() const { return octets_; }

    /* Calls `visit(record, length)` for whole records from the consumer's position on, until it returns false
     * (the record is then not taken) or none is left. Returns the position after the last record taken. */
    uint64_t scan(const std::function<bool(const uint8_t *, uint32_t)> &visit) const;

    /* Frees all before `end`. Throws EngineError if that was never produced. Positions behind are no error.
     */
    void release(uint64_t end);

  protected:
    Mapping consumer_; /* one page, read and write */
    Mapping producer_; /* one page, then the data twice in a row, so that no record wraps */
    const uint8_t *data_ = nullptr;
    size_t octets_ = 0;
};

/* A ring whose producer is this process. */
class UserRing : public RingReader {
  public:
    explicit UserRing(size_t octets);
    /* Where `length` bytes can be written, or nullptr if they do not fit. They count once committed. */
    uint8_t *reserve(uint32_t length);
    void commit(uint32_t length);
    size_t room() const { return octets_ - used(); }
};

} // namespace countfree

#endif
